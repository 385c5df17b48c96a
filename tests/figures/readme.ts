import { unseen as carriedOver, found as eventFree, solvedBySeeds } from './event-free.js';
import { figures, type PageFigures, set } from './page.js';
import { pairF1 } from './pairs.js';
import {
  f3,
  f4,
  findings,
  H200,
  injected,
  max,
  median,
  min,
  percent,
  percent1,
  range,
  readJson,
  readText,
  run,
  runs,
  successes,
  word,
} from './stored.js';

/** What the commands on a world of one's own printed. */
const bells = (found: RegExp): string => found.exec(readText('docs/results/printed/my-world.txt'))?.[1] ?? '';
/** Success of the example for the whole method, by seed, of what is named. */
const oneScreen = (of: string): number[] =>
  readText('docs/results/printed/whole-method.txt')
    .split('\n')
    .flatMap((line) => (line.startsWith(`${of}: `) ? [Number(line.slice(of.length + 2))] : []));
const [codesAtRandom, skillsChosen] = [0, 40].map((updates) => oneScreen(`skills, after ${updates} updates`));
const pads = run('models/pads-mini/base-1').result;
const padProbe = (name: string) => run(`runs/pads-probes/${name}`).result;
const padsFound = runs('models/pads-mini', /^controller-/).map(({ result }) => result);
const padsSolved = (method: string): number[] =>
  successes({ method, task: '0123', episodes: method === 'supervised' ? 0 : 148_480 }, 'pads-mini');
const hawk = (name: string) => run(`runs/hawk/${name}`).result;
const hawkBase = run('models/hawk/base-1').result;
const hawkFound = run('models/hawk/embedding-1-1').result;
const attention = JSON.parse(readText('packages/models/grid-mini/base/result.json'));
const internal = (task: string, episodes: number): number[] =>
  successes({ method: 'internal', task, episodes }).filter((_, i, all) => all.length === 6 || i < 6);
const first = internal('0123', 61_440);
const all = internal('0123', 148_480);
const twice = successes({ method: 'internal', task: '01230123', episodes: 122_880 });
const baseline = (method: string): number[] => successes({ method, task: '0123', episodes: 61_440 });
const coTrained = baseline('co-trained').sort((a, b) => a - b);

/** What discovery ended with, of runs whose models are stored whole or not. */
const discovered = (prefix: string) => [...runs('runs/grid-mini', new RegExp(`^${prefix}`))].map(({ result }) => result);
const metacontrollers = runs('models/grid-mini', /^controller-/).map(({ result }) => result);
const onUnseen = solvedBySeeds('rl');
type Found = { readonly f1Exact: number; readonly readout: number };
/** How many of them switch at the exact step, nearly always. */
const foundOf = (all: readonly Found[]): string => `${word(all.filter(({ f1Exact }) => f1Exact >= 0.98).length)} of ${word(all.length)}`;
const readOut = (all: readonly Found[]): string =>
  `${percent1(min(all.map(({ readout }) => readout)))} to ${percent1(max(all.map(({ readout }) => readout)))}`;
const small = ['grid-small', 'grid-small-eight'].map((name) => runs(`runs/${name}`, /^controller-/).map(({ result }) => result));
const read = small.map((found) => found.map(({ readout }) => readout));

const demo = 'runs/demo/injection/analysis.json';
const eight = 'grid-small-eight/injection.json';
const [reached, unseen] = ['Reached', 'Reached, unseen'];

const layers = findings('grid-mini/controllers.json', 'Success by layer and task');
const window = findings('grid-mini/memory.json', 'Success by window');
const remembered = (what: string): number => window.find((row) => row.What === what)?.['4 steps'] ?? Number.NaN;

/** TFLOP/s in the kernels of each phase of the paper's size. */
function teraflops(): { demonstrations: number[]; rl: number; peak: number } {
  const { phases } = readJson(`${H200}/grid-paper.json`);
  const rate = (phase: { kernels: { kernels: { flops: number; seconds: number }[] } }): number => {
    const { kernels } = phase.kernels;
    return kernels.reduce((sum, { flops }) => sum + flops, 0) / kernels.reduce((sum, { seconds }) => sum + seconds, 0) / 1e12;
  };
  const named = new Map<string, number>(phases.map((phase: { phase: string }) => [phase.phase, rate(phase as never)]));
  const demonstrations = ['pretrain', 'discover', 'supervise'].map((name) => named.get(name) ?? Number.NaN);
  return { demonstrations, rl: named.get('reinforce') ?? Number.NaN, peak: phases[0].kernels.peaks.flops / 1e12 };
}
const speed = teraflops();

const skills = run('runs/demo/skills').result;
const touched = (order: string): string =>
  /Over 512 worlds: (\S+) touched/.exec(readText(`docs/results/printed/play-${order}.txt`))?.[1] ?? '';
const learned = [...run('runs/demo/internal').result.rows, ...run('runs/demo/raw').result.rows];
const NAMES: Record<string, string> = { internal: 'internal RL (skills)', raw: 'raw-action RL (moves)' };
/** The demo's table, as it prints it. */
const demoTable = learned
  .map(
    ({ method, task, episodes, success }: { method: string; task: string; episodes: number; success: number }) =>
      `  ${NAMES[method].padEnd(24)}${task.padEnd(10)}${String(episodes).padStart(10)}${f4(success).padStart(12)}`,
  )
  .join('\n');

const sameView = [...runs('runs/success-map', /^same-/), ...runs('runs/rate-distortion', /^metacontroller-same/)];
const random = runs('runs/paper-view', /^random-/);
const cuts = discovered('compile-\\d');
const steps = discovered('no-abstraction-\\d');

/** Runs of the map that were stopped after 1 000 steps, and those that found skills by then. */
const mapped = runs('runs/success-map', /-\d$/).filter(
  ({ config }) => config.phase === 'discover' && config.config.discover.steps === 1000,
);
const found = mapped.filter(({ result }) => result.f1Exact >= 0.98 && result.readout >= 0.95);
const viewAndAlpha = ({ config }: (typeof mapped)[number]): string =>
  `\`${config.config.discover.view}\` at α ${config.config.discover.alpha}`;
const hardFrom = (step: number): number => found.filter(({ config }) => config.config.discover.laterGateFrom === step).length;

export const readme: PageFigures = {
  page: 'README.md',
  heldElsewhere: [{ from: '**How long it takes**', to: '**Baselines**', by: 'tests/durations.test.ts' }],
  blocks: [demoTable, readText('docs/results/printed/custom-controller.txt').split('\n').slice(2).join('\n')],
  claims: [
    figures`${f3(min(codesAtRandom))} to ${f3(max(codesAtRandom))} of the episodes succeeded, by ${word(codesAtRandom.length)} seeds; after ${set('40')} updates of ${set('256')} episodes ${f3(min(skillsChosen))} to ${f3(max(skillsChosen))}. An untrained model has at most ${f3(max(oneScreen('an untrained model')))}, the pretrained one by itself at most ${f3(max(oneScreen('the pretrained model')))}`,
    figures`rose from ${bells(/updates\/s .* success (0\.\d+)/)} in the first update to ${bells(/Success on 0123: (\S+) of/)}, by codes that end elsewhere than at its bells (F1 ${bells(/F1 (\S+) at the exact step/)}`,
    figures`in ${f3(pads.obeyed)} of the episodes that it plays by itself, at −${f3(-pads.actionNll)} nats an action; the expert, who knows the goal, is at −${f3(-pads.expertNll)}`,
    figures`Of ${word(padsFound.length)} metacontrollers on it, none left out, ${word(padsFound.filter(({ f1Exact }) => f1Exact >= 0.98).length)} switch at the exact step (F1 ${range(padsFound.map(({ f1Exact }) => f1Exact))}), and the subgoal is read from their codes at ${range(padsFound.map(({ readout }) => readout))} of steps; held in other arenas, their codes reach their pad on transitions that no demonstration shows in ${range(padsFound.flatMap((one) => carriedOver(one, 'demonstrated')))} of episodes, against ${range(padsFound.flatMap((one) => carriedOver(one, 'without')))} without`,
    figures`solves 0123, none of whose transitions a demonstration shows, in ${range(padsSolved('internal'))} of sampled episodes after 148 480 episodes, raw-action RL in ${f4(max(padsSolved('raw')))} after as many; controllers trained with labels and switched by an oracle reach ${f3(padsSolved('supervised')[0])} ([table]`,
    figures`a code ends where β reaches ${set('0.999')}, as it`,
    figures`(F1 ${f3(padProbe('later-longer').f1Exact)}), ten times the α finds no switch (F1 ${f3(padProbe('later-alpha-0.01').f1Exact)})`,
    figures`switches came twice (F1 ${f3(padProbe('controller-layer-1').f1Exact)}) and internal RL stayed at ${f3(padProbe('internal-layer-1').rows[0].success)}`,
    figures`predicts held-out actions at ${f3(hawkBase.actionNll)} nats (attention: ${f3(attention.actionNll)}).`,
    figures`in its codes at ${f3(hawkFound.readout)} of steps and switches at every change, and at other steps, too (F1 ${f3(hawkFound.f1Exact)}: precision ${f3(hawkFound.precision)}, recall ${f3(hawkFound.recall)}); injected into other layouts, its codes reach their colour on transitions that no demonstration shows in ${range(carriedOver(hawkFound, 'demonstrated'))} of episodes, and internal RL solves 0123 in ${f3(hawk('embedding-rl-1-1').rows[0].success)} after 61 440 episodes`,
    figures`switches far too often (F1 ${f3(hawk('event-free-1-1').f1Exact)}), one by \`touches\` at the right steps as a rule (F1 ${f3(hawk('touches-1-1').f1Exact)}), but the subgoal is read from neither’s codes (${f3(hawk('event-free-1-1').readout)} and ${f3(hawk('touches-1-1').readout)}, chance ${set('0.25')}), and internal RL on 0123 stays at ${f3(max(['event-free', 'touches'].map((view) => hawk(`${view}-rl-1-1`).rows[0].success)))} with both`,
    figures`in ${f3(successes({ method: 'internal', task: '01234567' }, 'grid-small-eight')[1])} of episodes, with the other in none`,
    figures`Of ${word(eventFree.length)} metacontrollers over three bases, none left out, ${word(eventFree.filter(({ f1Exact }) => f1Exact >= 0.98).length)} switch at the exact step (F1 ${range(eventFree.map(({ f1Exact }) => f1Exact))}), and at least ${(100 * min(eventFree.map(({ readout }) => readout))).toFixed(2)} % of subgoals are read from the code; injected into other layouts, its codes reach their colour on transitions that no demonstration shows in ${range(eventFree.flatMap((one) => carriedOver(one, 'demonstrated')))} of episodes, codes of free play in ${range(eventFree.flatMap((one) => carriedOver(one, 'free')))}`,
    figures`${foundOf(metacontrollers)} do so too (F1 ${range(metacontrollers.map(({ f1Exact }) => f1Exact))}, ${readOut(metacontrollers)} %)`,
    figures`of ${word(read.flat().length)} is read out to ${set('0.95')}: ${f3(read[0][0])} and ${f3(read[0][1])} after a third of the steps, ${f3(read[1][0])} and ${f3(read[1][1])} after most of them (chance ${f3(1 / 8)}). ${'Three'} of the ${word(read.flat().length)} switch at every colour (F1 ${f3(max(small.flat().map(({ f1Exact }) => f1Exact)))})`,
    figures`five metacontrollers each (${String(mapped.length)} runs): within 1 000 steps only ${[...new Set(found.map(viewAndAlpha))].join(', ')} finds skills, ${word(hardFrom(600))} of five where gates are hard from step 600, ${word(hardFrom(200))} of five from 200`,
    figures`right two times in five (F1 ${f3(pairF1())})`,
    figures`touched next in ${range(injected(demo, 'with its code', reached), percent)} % of episodes, against ${range(injected(demo, 'without', reached), percent)} % without a code and ${range(injected(demo, 'random code', reached), percent)} % with a random one; for transitions that no demonstration shows, in ${percent(median(injected(demo, 'with its code', unseen)))} %, against ${range(injected(demo, 'without', unseen), percent)} % without`,
    figures`On \`grid-small\`: ${range(injected(eight, 'with its code', reached), percent)} %, against ${range(injected(eight, 'without', reached), percent)} % without; never shown, ${range(injected(eight, 'with its code', unseen), percent)} %, against ${percent(max(injected(eight, 'without', unseen)))} %.`,
    figures`The paper reports ${set('36 %')}, and ${set('24 %')} for what was never shown`,
    figures`in ${range(onUnseen)} of sampled episodes after 61 440 episodes (${word(onUnseen.length)} metacontrollers over three bases, median ${f3(median(onUnseen))}); 3012 in ${range(solvedBySeeds('rl-3012'))}, 1230 in ${range(solvedBySeeds('rl-1230'))}; gone on with on 01230123, in ${range(solvedBySeeds('long'))} of those after 122 880 in all (median ${f3(median(solvedBySeeds('long')))})`,
    figures`in ${range(first)} after as many (median ${f3(median(first))}), in ${range(all)} after 148 480 (median ${f3(median(all))}); gone on with on 01230123, in ${range(twice)} of those after 122 880 in all (median ${f3(median(twice))}); 1230 in ${range(internal('1230', 61_440))}, 3012 in ${range(internal('3012', 61_440))}. Controllers trained with labels and switched by an oracle reach ${range(successes({ method: 'supervised', task: '0123' }))} on 0123.`,
    figures`(read-out ${range(steps.map(({ readout }) => readout))}), but a decision at every step is too many: ${f4(max(baseline('no-abstraction')))} at most. CompILE cuts where subgoals change (F1 ${range(cuts.map(({ f1Exact }) => f1Exact))}), but its codes do not name colours (read-out ${range(cuts.map(({ readout }) => readout))}): ${f4(max(baseline('compile')))} at most.`,
    figures`${f3(coTrained[4])} and ${f3(coTrained[5])} where they carry over best, ${f3(max(coTrained.slice(0, 4)))} with the other four`,
    figures`Internal RL’s lowest, with \`touches\` as theirs, is ${f3(min(first))}.`,
    figures`solves 0123 in ${f3(remembered('Internal RL, touches, on 0123 after 61 440 episodes'))} and 01230123, whose second round does not see the first, in ${f3(remembered('Internal RL, touches, on 01230123 after 122 880 episodes'))} of episodes (medians of two; ${f3(median(first))} and ${f3(median(twice))} with the whole past in view)`,
    figures`in at most ${f3(max([...sameView, ...random].map(({ result }) => result.readout)))} of steps (chance ${set('0.25')})`,
    figures`(labelled controllers: ${f3(layers[1]['0123'])} on 0123 there, ${f3(layers[2]['0123'])} after block 2)`,
    figures`do ${range(speed.demonstrations, (value) => value.toFixed(0))} TFLOP/s in what is learned from demonstrations at the paper’s size, ${speed.rl.toFixed(0)} in RL, of the ${speed.peak.toFixed(0)} that a chain of multiplications reaches there`,
    figures`${percent(skills.purity)} % of the codes in their groups had reached it; \`play\` touched 2, 0, 1 in this order in ${percent1(Number(touched('201')))} % of 512 worlds; \`--skills 0,1,2,3\` did so in ${percent1(Number(touched('0123')))} %`,
  ],
  settings: [
    'On llvmpipe (Mesa 25.0.7), two cores',
    'Node 20.19 or later',
    'about 1 GB of disk',
    'Mesa 24 or later, on Debian 12 from bookworm-backports',
    'goes from 0 to 1, from 1 to 2 or from 2 to 3',
    '**0123**',
    'Nothing was trained on 01230123',
    'drivers before 615.71',
    'rounds timestamps',
    '4×4 cells, four colours',
    '(7×7, eight colours in pairs)',
    'Internal RL solves 0123',
    'With the metacontrollers of `touches` 0123 in',
    'after 61 440 episodes of 0123, six runs each',
    'within 1 000 steps a subgoal',
    'steers after block 1',
    'reads after block 2',
    '−1 for none',
    'β ≡ 1',
    'in less than 30 lines',
    'sees the last four steps only',
  ],
};
