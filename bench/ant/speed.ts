/**
 * Steps of the ant by the second of processor time, beside MuJoCo's own WASM driven bare; how threads share them; and
 * whether memory stays.
 *
 *     npm run bench:ant -- [--steps 16000, none for 0] [--worlds 32] [--threads 2, none for 0] [--long 0] [--out FILE]
 *
 * Bare and whole are measured in turns in this one process, so that both meet the same machine, and so are threads.
 * Wall time of threads counts only in turns in which nothing else ran. What the file holds of other parts stays.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { CounterRandom } from '@coxswain/base';
import { ANT_MODEL, AntEngine, antSettings, antWorld, FRAME_SKIP, MOTORS, type Physics } from '@coxswain/envs-ant';
import { ThreadPhysics } from '@coxswain/envs-ant/node';
import loadMujoco from '@mujoco/mujoco';

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '16000' },
    worlds: { type: 'string', default: '32' },
    threads: { type: 'string', default: '2' },
    long: { type: 'string', default: '0' },
    out: { type: 'string' },
  },
});
const [steps, worlds, threads, long] = [values.steps, values.worlds, values.threads, values.long].map(Number);

/** Turns of bare and whole. */
const TURNS = 50;

const mujoco = await loadMujoco();
const random = new CounterRandom(1);
const torques = Float32Array.from({ length: 64 * worlds * MOTORS }, () => 2 * random.uniform() - 1);
const actions = (step: number): Float32Array => torques.subarray((step % 64) * worlds * MOTORS, ((step % 64) + 1) * worlds * MOTORS);

function opened(physics: Physics) {
  const world = antWorld(physics).open(antSettings.parse({}) as never, { task: 'free', environments: worlds, horizon: 60_000 });
  world.reset(1, { firstEpisode: 0 });
  let step = 0;
  return (count: number): void => {
    for (const end = step + count; step < end; step++) {
      if (step % 60_000 === 59_999) world.reset(1, { firstEpisode: step });
      world.step(actions(step) as never);
    }
  };
}

/** Bodies of their own that begin as those of the worlds, moved by nothing but the engine. */
function bare(starts: readonly Float64Array[]) {
  const model = mujoco.MjModel.from_xml_string(ANT_MODEL);
  if (!model) throw new Error('no model');
  const bodies = Array.from({ length: worlds }, () => new mujoco.MjData(model));
  bodies.forEach((data, i) => {
    data.qpos.set(starts[i].subarray(0, data.qpos.length));
    data.qvel.set(starts[i].subarray(data.qpos.length, data.qpos.length + data.qvel.length));
  });
  const controls = () => bodies.map((data) => data.ctrl as Float64Array);
  let [step, views] = [0, controls()];
  return (count: number): void => {
    if (views[0].length === 0) views = controls();
    for (const end = step + count; step < end; step++) {
      const chosen = actions(step);
      for (let i = 0; i < worlds; i++) {
        views[i].set(chosen.subarray(i * MOTORS, (i + 1) * MOTORS));
        for (let k = 0; k < FRAME_SKIP; k++) mujoco.mj_step(model, bodies[i]);
      }
    }
  };
}

/** Seconds of processor time. */
function processorTime(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const engine = new AntEngine(mujoco);

/** MiB after garbage was collected. */
function memory() {
  collect();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  const [heap, arrays, resident, physics] = [heapUsed, arrayBuffers, rss, engine.bytes].map((bytes) =>
    Number((bytes / 2 ** 20).toFixed(2)),
  );
  return { heap, arrays, resident, physics };
}

/** Where the bodies of the worlds begin. */
let starts: Float64Array[] = [];
const whole = opened({
  advance(from, given, to) {
    if (starts.length === 0) starts = from.map((state) => state.slice());
    engine.advance(from, given, to);
  },
});
whole(1);

/** One core: bare and whole, in turns. */
function oneCore() {
  const alone = bare(starts);
  const share = Math.max(1, Math.round(steps / worlds / TURNS));
  for (const run of [alone, whole]) run(2 * share);
  const spent = { bare: 0, whole: 0 };
  for (let turn = 0; turn < TURNS; turn++) {
    spent.bare += processorTime(() => alone(share));
    spent.whole += processorTime(() => whole(share));
  }
  const count = share * TURNS * worlds;
  const [first, second] = [count / spent.bare, count / spent.whole];
  return { bare: Math.round(first), whole: Math.round(second), ratio: Number((second / first).toFixed(3)) };
}

/** Milliseconds that all processors have spent, and spent idle. */
function busyTicks() {
  const times = cpus().map(({ times }) => times);
  const idle = times.reduce((sum, { idle }) => sum + idle, 0);
  return { idle, all: times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0) };
}

/** Turns of threads; those count in which other programs took less than this of a processor. */
const THREAD_TURNS = 40;
const CALM = 0.1;
const FEWEST = 5;

const median = (numbers: readonly number[]): number => [...numbers].sort((a, b) => a - b)[Math.floor((numbers.length - 1) / 2)];

/** Threads: one and several, in turns. */
function manyCores() {
  const share = Math.max(1, Math.round(steps / worlds / THREAD_TURNS));
  const teams = [1, threads].map((count) => {
    const physics = new ThreadPhysics({ threads: count });
    return { count, physics, run: opened(physics), calm: [] as { wall: number; processor: number }[] };
  });
  for (const { run } of teams) run(4);
  for (let turn = 0; turn < THREAD_TURNS; turn++)
    for (const { run, calm } of teams) {
      const [began, ticks] = [performance.now(), busyTicks()];
      const spent = processorTime(() => run(share));
      const [wall, after] = [(performance.now() - began) / 1000, busyTicks()];
      const others = (after.all - ticks.all - (after.idle - ticks.idle)) / 1000 - spent;
      if (others / wall < CALM) calm.push({ wall, processor: spent });
    }
  for (const { physics } of teams) physics.dispose();
  if (teams.some(({ calm }) => calm.length < FEWEST)) {
    console.log(`Other programs ran: fewer than ${FEWEST} calm turns, so that threads have no figure.`);
    return undefined;
  }
  const rows = teams.map(({ count, calm }) => {
    const stepsPerSecond = (of: 'wall' | 'processor') => Math.round((share * worlds) / median(calm.map((turn) => turn[of])));
    return {
      threads: count,
      calmTurns: calm.length,
      turns: THREAD_TURNS,
      wall: stepsPerSecond('wall'),
      processor: stepsPerSecond('processor'),
    };
  });
  return { rows, byWall: Number((rows[1].wall / rows[0].wall).toFixed(3)) };
}

/** Memory before and after many steps, and in between. */
function longRun() {
  const samples = [{ steps: 0, ...memory() }];
  for (let part = 1; part <= 10; part++) {
    whole(Math.round(long / worlds / 10));
    samples.push({ steps: part * Math.round(long / worlds / 10) * worlds, ...memory() });
    console.log(JSON.stringify(samples.at(-1)));
  }
  return samples;
}

const cores = steps > 0 && threads > 1 ? manyCores() : undefined;
/** What was measured this time; in the file it stands beside what was measured before. */
const measured = {
  ...(steps > 0 && { core: oneCore() }),
  ...(cores && { cores }),
  ...(long > 0 && { memory: { samples: longRun() } }),
};
console.log(JSON.stringify(measured));
if (values.out) {
  const how = {
    command: `npm run bench:ant -- ${process.argv.slice(2).join(' ')}`,
    machine: cpus()[0].model,
    node: process.version,
    worlds,
  };
  const before = existsSync(values.out) ? JSON.parse(readFileSync(values.out, 'utf8')) : {};
  const now = Object.fromEntries(Object.entries(measured).map(([name, found]) => [name, { ...how, ...found }]));
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, `${JSON.stringify({ ...before, ...now }, null, 1)}\n`);
}
process.exit(0);
