import { figures, type PageFigures, set } from './page.js';
import { pairF1 } from './pairs.js';
import { f1, f2, f3, findings, injected, max, median, min, percent, range, runs, successes, word } from './stored.js';

const probes = findings('grid-mini/probes.json', 'Accuracy by layer and step').map((row) => row['All steps']);
const layers = findings('grid-mini/controllers.json', 'Success by layer and task');
const layer = (at: number, task: string): string => f3(layers[at][task]);

const [mini, small] = ['grid-mini/injection.json', 'grid-small-eight/injection.json'];
const [reached, unseen] = ['Reached', 'Reached, unseen'];
const shares = (path: string, condition: string, column: string): string => range(injected(path, condition, column), percent);

const noise = findings('grid-mini/gradient-variance.json', 'Noise to signal by horizon');
const over = (what: 'Codes' | 'Actions'): number[] => noise.map((row) => row[`${what}: noise/signal`]);

const ceiling = findings('grid-mini/ceiling.json', 'Success, cut episodes and legs');
const ended = (who: string): string => f3(ceiling.find((row) => row.Who === who && Number(row.Temperature) === 0.5)?.Success);

const curve = findings('grid-mini/rate-distortion.json', 'Rate and distortion by α');
const points = (which: string) => curve.filter((row) => row['Base, view'] === which);
const same = points('frozen, same, hard from 600');
const best = same.reduce((a, b) => (b.F1 > a.F1 ? b : a));
const touches = points('frozen, touches, hard from 600').filter((row) => row.Rate > 0.8);
const coSame = points('co-trained, same, hard from 600').filter((row) => row.Rate > 1);
const coTouches = points('co-trained, touches, hard from 600');
const aligned = coTouches.filter((row) => row.F1 > 0.9);

const switches = ['grid-small', 'grid-small-eight'].flatMap((name) =>
  runs(`runs/${name}`, /^controller-/).map(({ result }) => result.f1Exact),
);
const metacontrollers = runs('models/grid-mini', /^controller-/);
const exact = metacontrollers.map(({ result }) => result.f1Exact);
const first = successes({ method: 'internal', task: '0123', episodes: 61_440 });
const coTrained = successes({ method: 'co-trained', task: '0123', episodes: 61_440 }).filter((success) => success > 0.1);

export const paper: PageFigures = {
  page: 'docs/notes/paper.md',
  claims: [
    figures`${percent(probes[0])} % at the embedding, ${percent(probes[1])} % after block 1, then ${range(probes.slice(2), percent)} % (chance ${set('25 %')})`,
    figures`after block 1: ${layer(1, '0123')} on 0123, ${layer(1, '01230123')} on 01230123; after block 2 ${layer(2, '0123')} and ${layer(2, '01230123')}; after block 4 nothing`,
    figures`F1 ${f3(min(exact))} at the exact step, for ${word(exact.length)} of ${word(exact.length)} metacontrollers`,
    figures`\`grid-small\`: ${range(switches)} against colours, ${word(switches.length)} metacontrollers on two bases; its skills are pairs of colours, and a switch at every colour has F1 ${f3(pairF1())}`,
    figures`\`grid-mini\`: ${shares(mini, 'without', reached)} % → ${shares(mini, 'with its code', reached)} %, a random code ${shares(mini, 'random code', reached)} %; unseen ${shares(mini, 'without', unseen)} % → ${shares(mini, 'with its code', unseen)} %. \`grid-small\`: ${shares(small, 'without', reached)} % → ${shares(small, 'with its code', reached)} %; unseen ${percent(max(injected(small, 'without', unseen)))} % → ${shares(small, 'with its code', unseen)} %.`,
    figures`for one, two, three colours: ${over('Codes').slice(0, 3).map(f1).join(', ')} over codes; ${f1(over('Actions')[0])}, ${f1(over('Actions')[1])}, ${over('Actions')[2].toFixed(0)} over actions`,
    figures`(${over('Codes')[3].toFixed(0)} and ${over('Actions')[3].toFixed(0)})`,
    figures`of rank 4, 16, 64: ${ended('labelled, rank 4')}, ${ended('labelled, rank 16')}, ${ended('labelled, rank 64')}; the learned policy ${ended('policy, sampled')}, by its means ${ended('policy, its means')}`,
    figures`solves it with ${word(first.length)} of ${word(first.length)} metacontrollers, co-training with ${word(coTrained.length)} of six`,
    figures`switches are best aligned (F1 ${f2(best.F1)}) at ${f1(best.Rate)} nats a step, at higher rates they are nearly always open (${f2(median(same.filter((row) => row.Rate > best.Rate).map((row) => row.F1)))} in the median); co-trained: ${f2(median(coSame.map((row) => row.F1)))} at every rate above a nat. \`touches\`, frozen: aligned (${range(
      touches.map((row) => row.F1),
      f2,
    )}) from ${f1(min(touches.map((row) => row.Rate)))} nats on; co-trained: at ${word(aligned.length)} α of ${word(coTouches.length)} (${f2(aligned[0].F1)})`,
  ],
  settings: [
    // The paper's own figures.
    'read from 30 % at the bottom to about 50 % at mid-depth',
    'mid-depth, 0.5 to 0.7 on longer unseen tasks',
    'the ant: 23 % → 36 % of episodes reach the colour; unseen transitions 10 % → 24 %',
    'their 100 M episodes',
    // Sizes and settings.
    'Their grid is 7×7 with 8 colours in pairs and 4 walls, a model of width 256 and 6 blocks',
    'ours 4×4 with 4 single colours and a wall, width 64 and 4 blocks',
    'All of ours is on base 1 unless said otherwise',
    'after block 1, not at mid-depth',
    'actions are sampled at temperature 0.5 here',
    'Injected at steps 0, 6, 12 of a world of 24 here, at step 30 there',
    'are at most 148 480 here',
    'with six α of 1 000 steps; five seeds for the frozen model at α 0.1, 0.01 and 0.001, one elsewhere, straight-through gates from step 600 on',
  ],
};
