/**
 * Steps of the ant by the second of processor time, beside MuJoCo's own WASM driven bare, and whether memory stays.
 *
 *     npm run bench:ant -- [--steps 2000] [--worlds 8] [--threads 2, none for 0]
 *
 * Bare and whole are measured in turns in this one process, so that both meet the same machine. Wall time of threads is
 * of use only where nothing else runs.
 */
import { parseArgs } from 'node:util';
import { CounterRandom } from '@coxswain/base';
import { ANT_MODEL, AntEngine, antSettings, antWorld, FRAME_SKIP, MOTORS, type Physics } from '@coxswain/envs-ant';
import { ThreadPhysics } from '@coxswain/envs-ant/node';
import loadMujoco from '@mujoco/mujoco';

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '2000' },
    worlds: { type: 'string', default: '8' },
    threads: { type: 'string', default: '2' },
  },
});
const [steps, worlds, threads] = [values.steps, values.worlds, values.threads].map(Number);

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

const engine = new AntEngine(mujoco);
/** Where the bodies of the worlds begin. */
let starts: Float64Array[] = [];
const whole = opened({
  advance(from, given, to) {
    if (starts.length === 0) starts = from.map((state) => state.slice());
    engine.advance(from, given, to);
  },
});
whole(1);
const alone = bare(starts);
const share = Math.max(1, Math.round(steps / worlds / TURNS));
for (const run of [alone, whole]) run(share);
const spent = { alone: 0, whole: 0 };
const memory = () => ({ engine: engine.bytes, arrays: process.memoryUsage().arrayBuffers });
const start = memory();
for (let turn = 0; turn < TURNS; turn++) {
  spent.alone += processorTime(() => alone(share));
  spent.whole += processorTime(() => whole(share));
}
const count = share * TURNS * worlds;
const rate = (seconds: number): string => (count / seconds).toFixed(0);
console.log(`steps of one core: bare ${rate(spent.alone)}/s, whole ${rate(spent.whole)}/s: ${(spent.alone / spent.whole).toFixed(3)}`);
const end = memory();
console.log(`after ${count} steps: engine ${end.engine - start.engine} bytes more, arrays ${end.arrays - start.arrays} bytes more`);

for (const number of [...new Set([1, threads])].filter((number) => number >= 1 && number <= threads)) {
  const physics = new ThreadPhysics({ threads: number });
  const run = opened(physics);
  run(4);
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  run(share * TURNS);
  const { user, system } = process.cpuUsage(cpu);
  const wall = (performance.now() - began) / 1000;
  console.log(`${number} threads: ${rate(wall)} steps/s of wall time, ${rate((user + system) / 1e6)} of processor time`);
  physics.dispose();
}
