/**
 * The report's style sheet. World colours and series colours are those of Okabe and Ito, told apart by people with any
 * kind of colour vision, shifted where the background asks for it; digits and dashes say the same without colour.
 */
const WORLD = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442', '#8c6bb1', '#7f7f7f', '#a6761d'];
/** Whether white or black is read better on each of them. */
const ON_WORLD = ['#fff', '#111', '#111', '#111', '#111', '#111', '#111', '#fff', '#111', '#111'];
const SERIES_LIGHT = ['#0072b2', '#c04a00', '#00785a', '#a8477f', '#2b83b8', '#8a6d00', '#6a4fa0', '#555555'];
const SERIES_DARK = ['#5ab4ee', '#ff8c42', '#35c79c', '#e59ac6', '#8fd0ff', '#f2cc4d', '#b9a3e3', '#bbbbbb'];
const DASHES = ['none', '7 4', '2 3', '10 3 2 3', '5 2', '12 4', '3 6', '1 2'];

/** Series that are told apart. */
export const seriesCount = DASHES.length;

/** What the lines of charts are drawn with, in pixels. */
export const WIDTHS = { median: 2.8, single: 1.8, seed: 1 } as const;
/** Of the ground between two quartiles. */
export const BAND_OPACITY = 0.16;

/** The colour of a series, as the page's style sheet sets it in light and in dark. */
export const seriesColour = (index: number): string => `var(--series-${index % DASHES.length})`;
/** The dashes of a series: they tell lines apart without colour. */
export const seriesDash = (index: number): string => DASHES[index % DASHES.length];

const worldRules = WORLD.map((colour, index) => `.colour-${index}{--own:${colour}} .on-colour-${index}{fill:${ON_WORLD[index]}}`).join(
  '\n',
);
const seriesRules = DASHES.map((_, index) => `.series-${index}{--own:${seriesColour(index)}}`).join('\n');
const seriesColours = (colours: readonly string[]) => colours.map((colour, index) => `--series-${index}:${colour}`).join(';');

const DARK = `--page:#14171b;--sheet:#1b1f25;--ink:#e8eaed;--soft:#a6adb7;--line:#2e343c;--good:#35c79c;--bad:#ff8c6b;${seriesColours(SERIES_DARK)}`;

/** Of what is drawn, on the page and in files of its own: colours and the parts of drawings. */
export const DRAWN = `
:root{color-scheme:light dark;--page:#f6f7f8;--sheet:#fff;--ink:#1b1f24;--soft:#5b6470;--line:#dfe3e8;--good:#00785a;--bad:#b83a00;${seriesColours(SERIES_LIGHT)}}
@media (prefers-color-scheme:dark){:root{${DARK}}}
svg{fill:var(--ink)}
svg text{font-size:12px;font-family:inherit}
svg .tick,svg .axis{fill:var(--soft)}
.reference{stroke:var(--soft);stroke-dasharray:3 4}
.tint{fill:var(--own);opacity:.2}
.fill{fill:var(--own)}
.beta{fill:var(--soft)}
.beta.open{fill:var(--ink)}
.shown{fill:none;stroke:var(--ink);stroke-width:1.6}
.opened{fill:var(--ink)}
.cell{fill:var(--sheet);stroke:var(--line)}
.wall{fill:var(--soft)}
svg .cell-name{font-weight:700;font-size:11px}
.halo{stroke:var(--sheet);stroke-width:6;stroke-linecap:round;opacity:.85}
.route{fill:none;stroke:var(--ink);stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}
.arrow{fill:var(--ink)}
.agent{display:none}
.held{fill:var(--soft);opacity:.28}
.held.odd{opacity:.55}
.now{display:none}
.start{fill:var(--sheet);stroke:var(--ink);stroke-width:2.2}
.code{fill:#f0e442;stroke:#111}
.badge{fill:var(--ink);stroke:var(--sheet)}
svg .badge-name{fill:var(--sheet);font-size:11px;font-weight:700}
${worldRules}
${seriesRules}
`;

/** Shadows at edges beyond which there is more to scroll to; at either end the ground's own colour covers them. */
const edges = (ground: string): string => {
  const both = (colour: string, until: string, size: string, how: string) =>
    ['left', 'right'].map(
      (side, i) => `linear-gradient(to ${['right', 'left'][i]},var(${colour})${until},transparent) ${side}/${size} 100% no-repeat ${how}`,
    );
  return `background:${[...both(ground, ' 30%', '40px', 'local'), ...both('--soft', '', '6px', 'scroll')]}`;
};

const WIDE = `
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
main{max-width:1240px;margin:0 auto;padding:40px 24px 64px;overflow-wrap:anywhere}
h1{font-size:2rem;line-height:1.2;margin:0 0 8px;letter-spacing:-.01em}
h2{font-size:1.3rem;margin:0 0 4px}
h3{font-size:1rem;margin:0 0 8px}
p{margin:0 0 12px;max-width:72ch}
.story{font-size:1.15rem}
.lead{color:var(--soft)}
.about{color:var(--soft)}
section{background:var(--sheet);border:1px solid var(--line);border-radius:12px;padding:24px;margin-top:24px;scroll-margin-top:52px}
dl.facts{display:flex;flex-wrap:wrap;gap:4px 28px;margin:16px 0 0;font-size:.9rem}
dl.facts div{display:flex;gap:8px}
dl.facts dt{color:var(--soft);flex:none}
dl.facts dd{margin:0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(220px,1fr));gap:16px;margin-top:24px}
.tile{background:var(--sheet);border:1px solid var(--line);border-left:5px solid var(--own,var(--soft));border-radius:12px;padding:16px 20px}
.tile b{display:block;font-size:2rem;line-height:1.2;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:.9rem}
figure{margin:16px 0 0}
figcaption{color:var(--soft);font-size:.9rem;max-width:84ch;margin-top:6px}
figcaption strong,figcaption span{display:block}
.panels,.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr));gap:16px 28px}
.panels>svg,.charts figure>svg{width:100%;max-width:400px;height:auto;overflow:visible}
.episodes{display:flex;flex-wrap:wrap;gap:16px 28px}
.episodes figure{width:min(100%,308px)}
.episodes figure>svg{display:block;max-width:100%;height:auto}
.traces{display:flex;flex-wrap:wrap;gap:8px 32px}
.traces figure{max-width:100%}
.player{display:flex;align-items:center;flex-wrap:wrap;gap:8px 12px;position:sticky;top:46px;background:var(--sheet);padding:8px 0;z-index:1}
.player input{flex:1 1 160px;min-width:0;max-width:420px;accent-color:var(--series-0)}
button,select{font:inherit;font-size:.9rem;color:inherit;background:var(--page);border:1px solid var(--line);border-radius:8px;padding:4px 12px;max-width:100%}
output,.said{font-size:.9rem;font-variant-numeric:tabular-nums}
.said{min-height:4.7em;margin:4px 0 0}
nav{position:sticky;top:0;z-index:2;display:flex;flex-wrap:wrap;align-items:center;gap:4px 20px;background:var(--page);border-bottom:1px solid var(--line);margin-top:24px;padding:6px 0;font-size:.9rem}
nav ul{display:flex;gap:0 18px;flex:1 1 300px;min-width:0;list-style:none;margin:0;padding:4px 0;overflow-x:auto;white-space:nowrap;${edges('--page')}}
a{color:var(--series-0)}
summary{cursor:pointer;color:var(--soft);font-size:.9rem;padding:4px 0}
[hidden]{display:none!important}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 20px;padding:0;margin:8px 0;font-size:.9rem}
.legend svg{flex:none}
.legend li{display:flex;align-items:center;gap:8px;min-width:0}
.playing .agent{display:inline;fill:none;stroke:var(--series-1);stroke-width:3}
.moving{color:var(--series-1)}
.playing .moving{display:inline}
.playing .still{opacity:.16}
.playing .now{display:inline;stroke:var(--series-1);stroke-width:2}
.good{color:var(--good)}
.bad{color:var(--bad)}
.scroll{overflow-x:auto;overflow-wrap:normal;${edges('--sheet')}}
.hint{display:none;font-size:.8rem;color:var(--soft);margin:2px 0 0}
.wide+.hint{display:block}
td,th{white-space:nowrap}
td.middling{white-space:normal;min-width:220px}
td.long{white-space:normal;min-width:560px;overflow-wrap:anywhere}
section h3{margin-top:20px}
figure h3{margin-top:0}
table{border-collapse:collapse;font-size:.9rem;margin-top:8px;min-width:50%}
th,td{padding:6px 14px 6px 0;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:600}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
code{font:.85em/1.4 ui-monospace,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;overflow-wrap:anywhere}
`;

/** Where the screen is narrow, what would be long goes sideways or is closed. */
const PHONE = [
  '.episodes{flex-wrap:nowrap;overflow-x:auto}',
  '.episodes figure{flex:none;width:308px}',
  'main{padding:20px 12px 40px}',
  'section{padding:16px 14px;scroll-margin-top:88px}',
  'h1{font-size:1.5rem}',
  '.story{font-size:1.05rem}',
  '.tiles{gap:10px;margin-top:16px}',
  '.tile{padding:10px 14px}',
  '.tile b{font-size:1.5rem}',
  '.player{top:74px}',
  'td.long code{white-space:nowrap}',
].join('');

/** The page's style sheet. */
export const STYLE = `${WIDE}${DRAWN}
@media (max-width:600px){${PHONE}}
@media print{nav,.player{display:none}section{break-inside:avoid}}
`;
