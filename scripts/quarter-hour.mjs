// What is worth running when a GPU is at hand for a quarter of an hour, most valuable first, from a folder that `npm
// run pack -- FOLDER
// --node --tests --models` made:  node FOLDER/quarter-hour.mjs [--minutes N] [--out FOLDER] [--only LINE,…] [--each
// SECONDS] [--rehearse] It asks nothing. A line that ended well is not begun again: give the same FOLDER on the next
// machine, and it goes on. What a line left lies in FOLDER/LINE, what was run and how it ended in FOLDER/agenda.json.
// Why these lines: docs/gpu-agenda.md.
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));

/**
 * f16, which Dawn hides on older drivers of NVIDIA's, and matrix units, for tests, whatever the self-test of f16 says.
 */
const HALF = { COXSWAIN_DAWN: 'vulkan_enable_f16_on_nvidia,allow_unsafe_apis' };

/** What is left at the end to stop the programs and close the files, in seconds. */
const CLOSING = 15;

/**
 * @typedef {{ name: string, program: string, args: string[], environment?: Record<string, string> }} Command
 * @typedef {{ out: string, seconds: number, rehearsal: boolean }} Place where a line's files go, how long it has, and
 * whether it is only tried
 * @typedef {{ name: string, about: string, seconds: number, commands: (place: Place) => Command[] }} Line
 */

/**
 * @param {string} name
 * @param {string} program
 * @param {string[]} args
 * @param {Record<string, string>} [environment]
 * @returns {Command}
 */
const command = (name, program, args, environment = {}) => ({ name, program, args, environment });

/** Processes that test side by side. A software adapter computes on the same cores. */
const SHARDS = Math.max(1, Math.min(14, availableParallelism() - 1));
const SEEDS = [1, 2, 3];
/**
 * Weights of the codes' KL, between which the paper's view is to switch at subgoals, if it does (arXiv 2512.20605, §4,
 * sweeps 0 to 1).
 */
const ALPHAS = [0.01, 0.05, 0.1, 0.17, 0.3, 0.5];
/** A third of the preset's steps and a smaller batch; in a rehearsal as few as there can be. */
const DISCOVERY = ['discover.batch=128', 'discover.steps=4000', 'discover.laterGateFrom=2000', 'discover.alphaWarmup=2000'];
const TRIED_DISCOVERY = [
  ...['discover.batch=8', 'discover.steps=2', 'discover.warmup=1', 'discover.laterGateFrom=1', 'discover.alphaWarmup=1'],
  ...['discover.episodes=512', 'discover.evaluationEpisodes=32'],
];
/** Where that base's residual has two kinds of jumps (docs/notes/discovery.md), and stages of half their steps. */
const EVENT_FREE = ['discover.momentLayer=4', 'stages.steps=1500', 'stages.alphaWarmup=900', 'stages.laterGateFrom=900'];
/** Switches that are hardly trained open at some of the steps. */
const TRIED_STAGES = [
  ...['discover.momentLayer=4', 'metacontroller.switchBias=0', 'discover.injectionEpisodes=256'],
  ...['stages.steps=2', 'stages.alphaWarmup=1', 'stages.laterGateFrom=1', 'stages.most=2'],
];
/** Batches are drawn with replacement: steps are as long, and the time does not go to making demonstrations. */
const FEW_DEMONSTRATIONS = ['pretrain.episodes=256', 'discover.episodes=256'];
/** The same models, as small as they can be. */
const TRIED_ANT = [
  ...['model.width=32', 'model.heads=2', 'model.mlp=32', 'pretrain.batch=4', 'pretrain.parts=2', 'pretrain.episodes=16'],
  ...['discover.batch=4', 'discover.episodes=16', 'internal.episodesPerUpdate=16', 'internal.historyWidth=16', 'raw.episodesPerUpdate=16'],
];
const TRIED_ANT_PRETRAINING = ['pretrain.steps=2', 'pretrain.evaluationEpisodes=4'];
/** @param {string[]} values */
const settings = (values) => values.flatMap((value) => ['--set', value]);

/** No row begins in the last half minute, which the longest may take. @param {Place} place */
const benchFor = ({ out, seconds, rehearsal }) => [
  ...(rehearsal ? ['--filter', 'softmax'] : []),
  ...['--suite', 'kernels', '--minutes', `${Math.max(0.2, (seconds - 30) / 60)}`],
  ...['--json', join(out, 'kernels.json')],
];

/** @type {Line[]} */
const LINES = [
  {
    name: 'adapter',
    about: 'what the adapter has, as it is and with f16 and matrix units asked for',
    seconds: 20,
    commands: () => [
      command('as-it-is', 'coxswain.mjs', ['adapter', '--dawn', 'no-vulkan_enable_f16_on_nvidia']),
      command('asked', 'coxswain.mjs', ['adapter', '--dawn', 'allow_unsafe_apis']),
    ],
  },
  {
    name: 'tests',
    about: 'every kernel and what is built on it, with f16 and matrix units',
    seconds: 200,
    commands: ({ rehearsal }) =>
      Array.from({ length: SHARDS }, (_, i) => {
        const some = rehearsal ? ['--only', 'kernels/src/reduce'] : [];
        return command(`shard-${i + 1}`, 'tests.mjs', ['--shard', `${i + 1}/${SHARDS}`, ...some], { PROPERTY_CASES: '1500', ...HALF });
      }),
  },
  {
    name: 'kernels',
    about: 'single operations, each held against its float64 reference',
    seconds: 150,
    commands: (place) => [command('bench', 'bench.mjs', ['--samples', '8', ...benchFor(place)])],
  },
  {
    name: 'cost',
    about: 'every phase of the larger presets step by step, each kernel against the roofline',
    seconds: 120,
    commands: ({ out, rehearsal }) => {
      const [presets, steps, some] = rehearsal ? [['grid-mini'], '1', ['--phase', 'supervise']] : [['grid-small', 'grid-paper'], '8', []];
      return presets.map((preset) =>
        command(preset, 'coxswain.mjs', [
          'cost',
          '--preset',
          preset,
          '--check',
          steps,
          '--kernels',
          steps,
          ...some,
          '--results',
          join(out, 'cost'),
        ]),
      );
    },
  },
  {
    name: 'ant-paper',
    about: 'every phase of ant-paper step by step, and RL on the worlds themselves, on 256 demonstrations in place of thousands',
    seconds: 360,
    commands: ({ out, rehearsal }) => {
      const times = rehearsal ? '1' : '8';
      const cost = ['cost', '--preset', 'ant-paper', '--check', times, '--kernels', times, '--loop', rehearsal ? '1' : '2'];
      const set = settings(rehearsal ? TRIED_ANT : FEW_DEMONSTRATIONS);
      const timed = (/** @type {string} */ name, /** @type {string} */ phase, /** @type {string[]} */ ...more) =>
        command(name, 'coxswain.mjs', [...cost, '--phase', phase, ...set, ...settings(more), '--results', join(out, name)]);
      return [
        timed('internal', 'reinforce'),
        timed('raw', 'reinforce', 'reinforce.method=raw'),
        timed('pretraining', 'pretrain'),
        timed('discovery', 'discover'),
      ];
    },
  },
  {
    name: 'peers',
    about: 'the same beside their peers on the adapter, and beside PyTorch where Python has it',
    seconds: 200,
    commands: (place) => [command('bench', 'bench.mjs', ['--peers', '--samples', '8', ...benchFor(place)])],
  },
  {
    name: 'twelve-colours',
    about: 'internal RL of 012345670123 on grid-small from the stored models, a million episodes each, three seeds',
    seconds: 720,
    commands: ({ out, rehearsal }) =>
      SEEDS.map((seed) =>
        command(`seed-${seed}`, 'coxswain.mjs', [
          ...['reinforce', '--base', join(here, 'models/grid-small/base')],
          ...['--controller', join(here, `models/grid-small/controller-${seed % 2 === 0 ? 2 : 1}`)],
          ...['--task', '012345670123', '--seed', `${seed}`, '--set', 'internal.learningRate=1e-3'],
          ...settings(
            rehearsal ? ['internal.updates=1', 'internal.episodesPerUpdate=16', 'evaluate.episodes=16'] : ['internal.updates=1000'],
          ),
          ...['--out', join(out, `seed-${seed}`)],
        ]),
      ),
  },
  {
    name: 'paper-view',
    about: "discovery on grid-small's stored base with the paper's own view over α",
    seconds: 300,
    commands: ({ out, rehearsal }) =>
      (rehearsal ? ALPHAS.slice(0, 2) : ALPHAS).map((alpha) =>
        command(`alpha-${alpha}`, 'coxswain.mjs', [
          ...['discover', '--base', join(here, 'models/grid-small/base'), '--preset', 'grid-small', '--view', 'same', '--seed', '1'],
          ...settings([...(rehearsal ? TRIED_DISCOVERY : DISCOVERY), `discover.alpha=${alpha}`]),
          ...['--out', join(out, `alpha-${alpha}`)],
        ]),
      ),
  },
  {
    name: 'event-free',
    about: "discovery that reads no event on grid-small's stored base, from the layer whose jumps are of two kinds, two seeds",
    seconds: 420,
    commands: ({ out, rehearsal }) =>
      SEEDS.slice(0, rehearsal ? 1 : 2).map((seed) =>
        command(`seed-${seed}`, 'coxswain.mjs', [
          ...['discover', '--base', join(here, 'models/grid-small/base'), '--preset', 'grid-small', '--view', 'event-free'],
          ...settings(rehearsal ? [...TRIED_DISCOVERY, ...TRIED_STAGES] : [...DISCOVERY, ...EVENT_FREE]),
          ...['--seed', `${seed}`, '--out', join(out, `seed-${seed}`)],
        ]),
      ),
  },
  {
    name: 'ant-pretraining',
    about: 'pretraining of ant-paper on all its demonstrations, which all cores make first; it goes on from its checkpoint',
    seconds: 720,
    commands: ({ out, rehearsal }) => [
      command('base', 'coxswain.mjs', [
        ...['pretrain', '--preset', 'ant-paper', '--seed', '1'],
        ...settings(rehearsal ? [...TRIED_ANT, ...TRIED_ANT_PRETRAINING] : []),
        ...['--out', join(out, 'base')],
      ]),
    ],
  },
];
/** Lines whose commands are measured, one after the other; those of the others run side by side. */
const IN_TURN = ['adapter', 'cost', 'ant-paper'];

const { values } = parseArgs({
  options: {
    ...{ minutes: { type: 'string' }, out: { type: 'string' }, only: { type: 'string' }, each: { type: 'string' } },
    rehearse: { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes ?? 10);
/** What every line may take in place of what it says, on a machine that is slower. */
const each = Number(values.each ?? Number.NaN);
const only = values.only?.split(',');
const unknown = only?.find((name) => !LINES.some((line) => line.name === name));
if (!(minutes > 0) || (values.each !== undefined && !(each > 0)) || unknown !== undefined) {
  console.error(
    `usage: node quarter-hour.mjs [--minutes N] [--out FOLDER] [--only ${LINES.map(({ name }) => name).join(',')}] [--each SECONDS] [--rehearse]`,
  );
  process.exit(2);
}
const rehearsal = Boolean(values.rehearse);
/** What was only tried lies apart, so that it is never taken for done. */
const out = join(resolve(values.out ?? 'quarter-hour'), rehearsal ? 'rehearsal' : '');
const started = performance.now();
const left = () => minutes * 60 - (performance.now() - started) / 1000;

mkdirSync(out, { recursive: true });
const ledger = join(out, 'agenda.json');
/**
 * @type {Record<string, { done: boolean, began: string, seconds: number, commands: { command: string, code: number |
 * null, seconds: number }[] }>}
 */
const told = existsSync(ledger) ? JSON.parse(readFileSync(ledger, 'utf8')) : {};

/**
 * A command as it is told, wherever the folders are.
 * @param {Command} given
 */
const inWords = ({ program, args }) => `node ${program} ${args.join(' ')}`.replaceAll(`${here}/`, '').replaceAll(`${out}/`, '');

/**
 * Runs a program of this folder, with its output in a log; interrupts it when its time is over, and kills it where that
 * is not heard.
 * @param {Command} given @param {string} folder @param {number} seconds
 * @returns {Promise<{ command: string, code: number | null, seconds: number }>}
 */
function run(given, folder, seconds) {
  const { name, program, args, environment } = given;
  const begun = performance.now();
  const log = createWriteStream(join(folder, `${name}.log`), { flags: 'a' });
  const child = spawn(process.execPath, [join(here, program), ...args], {
    env: { ...process.env, NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const soft = setTimeout(() => child.kill('SIGINT'), Math.max(1, seconds - CLOSING) * 1000);
  const hard = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
  return new Promise((resolveRun) =>
    child.on('close', (code) => {
      clearTimeout(soft);
      clearTimeout(hard);
      log.end();
      resolveRun({
        command: inWords(given),
        code,
        seconds: (performance.now() - begun) / 1000,
      });
    }),
  );
}

for (const { name, about, seconds, commands } of LINES) {
  if (only ? !only.includes(name) : told[name]?.done) continue;
  const share = Math.min(each || seconds, left() - CLOSING);
  if (share < 20) {
    console.log(`${name}: left for another time`);
    continue;
  }
  const folder = join(out, name);
  mkdirSync(folder, { recursive: true });
  const began = new Date().toISOString();
  console.log(`${name}: ${about}; ${Math.round(share)} s at most`);
  const end = performance.now() + share * 1000;
  const asked = commands({ out: folder, seconds: share, rehearsal });
  const rest = () => (end - performance.now()) / 1000;
  const ended = [];
  // What of a line was measured before it was interrupted is not measured again.
  const before = told[name]?.done ? [] : (told[name]?.commands ?? []);
  const measured = (/** @type {Command} */ one) => before.find((earlier) => earlier.code === 0 && earlier.command === inWords(one));
  if (IN_TURN.includes(name)) for (const one of asked) ended.push(measured(one) ?? (await run(one, folder, Math.max(1, rest()))));
  else ended.push(...(await Promise.all(asked.map((one) => run(one, folder, rest())))));
  const done = ended.every(({ code }) => code === 0);
  told[name] = { done, began, seconds: (performance.now() - end) / 1000 + share, commands: ended };
  writeFileSync(ledger, `${JSON.stringify(told, null, 2)}\n`);
  console.log(
    `${name}: ${done ? 'done' : 'not done'} in ${told[name].seconds.toFixed(0)} s, ended with ${ended.map(({ code }) => code).join(' ')}`,
  );
}
