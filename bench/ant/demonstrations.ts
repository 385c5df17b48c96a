/**
 * Processor time of demonstrations of the ant as `ant-paper` pretrains on them, on one thread: of the physics, which
 * threads share, and of all else, which they do not.
 *
 *     npm run ant:demonstrations -- [--episodes 512] [--out FILE]
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { antSettings, antWorld, loadEngine, type Physics } from '@coxswain/envs-ant';

/** Noise of the preset’s demonstrations, and their longest. */
const [NOISE, HORIZON] = [0.1, 500];

const { values } = parseArgs({ options: { episodes: { type: 'string', default: '512' }, out: { type: 'string' } } });
const episodes = Number(values.episodes);
const seconds = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
};

const engine = await loadEngine();
let [moved, moves] = [0, 0];
const physics: Physics = {
  advance(from, torques, to) {
    const began = process.cpuUsage();
    engine.advance(from, torques, to);
    moves += seconds(began);
    moved += from.length;
  },
};
const world = antWorld(physics);
const settings = antSettings.parse({}) as never;
const tasks = world.defaults(settings).tasks.map((text) => world.task(settings, text));

function play(count: number, seed: number): number {
  const began = process.cpuUsage();
  const made = world.demonstrations?.(settings, { tasks, horizon: HORIZON, count, seed, noise: NOISE });
  while (!made?.next().done);
  return seconds(began);
}

// Everything is compiled before it is timed.
play(64, 1);
[moved, moves] = [0, 0];
const all = play(episodes, 0);
const result = {
  command: `npm run ant:demonstrations -- ${process.argv.slice(2).join(' ')}`.trim(),
  machine: cpus()[0]?.model.trim(),
  node: process.version,
  episodes,
  steps: moved,
  /** Seconds of a kept episode; those that failed are part of it. */
  physics: Number((moves / episodes).toPrecision(3)),
  rest: Number(((all - moves) / episodes).toPrecision(3)),
};
console.log(JSON.stringify(result, null, 1));
if (values.out) writeFileSync(values.out, `${JSON.stringify(result, null, 1)}\n`);
