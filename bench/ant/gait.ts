/**
 * Searches the numbers of the ant's gait: fast along ways that change, never fallen.
 *
 *     npm run ant:gait -- --out FILE [--generations 150] [--seed 1]
 *
 * The same command goes on where it was stopped.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CounterRandom } from '@coxswain/base';
import { antSettings, beginEpisodes, GAIT_NUMBERS, type Gait, gaitTorques, loadEngine, STATE, uprightness } from '@coxswain/envs-ant';
import { type CmaState, cmaStart, cmaStep } from './cma.js';

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'gait.json' },
    generations: { type: 'string', default: '150' },
    seed: { type: 'string', default: '1' },
    population: { type: 'string', default: '16' },
    walks: { type: 'string', default: '8' },
    steps: { type: 'string', default: '160' },
  },
});
const [generations, seed, population, walks, steps] = ['generations', 'seed', 'population', 'walks', 'steps'].map((key) =>
  Number(values[key as keyof typeof values]),
);
/** Standard deviations of noise on torques, walk by walk: what is learned from is disturbed, too. */
const NOISES = [0, 0.2];

const clip = (torque: number): number => Math.max(-1, Math.min(1, torque));

const names = Object.keys(GAIT_NUMBERS) as (keyof Gait)[];
const STREAM = { walk: 7, draw: 8 } as const;
const engine = await loadEngine();
const begin = beginEpisodes(antSettings.parse({}));

const gaitOf = (x: readonly number[]): Gait =>
  Object.fromEntries(names.map((name, i) => [name, Number((GAIT_NUMBERS[name][0] + GAIT_NUMBERS[name][1] * x[i]).toFixed(4))])) as Gait;

/** Metres along the way in a second, less those aside; a fall ends the walk. */
function walk(gait: Gait, random: CounterRandom, index: number): { gain: number; fell: boolean } {
  random.seek(STREAM.walk, index);
  const { body } = begin(random);
  const next = new Float64Array(STATE);
  let angle = 2 * Math.PI * random.uniform();
  const noise = NOISES[index % NOISES.length];
  let gain = 0;
  for (let step = 0; step < steps; step++) {
    if (step % 40 === 39) angle += (Math.PI / 2) * (1 + random.below(3)) + 0.3 * (random.uniform() - 0.5);
    const way = [Math.cos(angle), Math.sin(angle)] as const;
    const [x, y] = [body[0], body[1]];
    const torques = gaitTorques(body, way, gait).map((torque) => clip(torque + noise * random.normal()));
    engine.move(body, torques, next, 0);
    body.set(next);
    const [dx, dy] = [body[0] - x, body[1] - y];
    const aside = Math.abs(dx * way[1] - dy * way[0]);
    gain += Math.min(0.1, dx * way[0] + dy * way[1]) - 0.3 * aside;
    if (!(body[2] >= 0.25 && body[2] <= 0.95) || uprightness(body) < 0.5) return { gain: gain / (steps * 0.05) - 0.3, fell: true };
  }
  return { gain: gain / (steps * 0.05), fell: false };
}

const command = `npm run ant:gait -- --out ${values.out} --generations ${generations} --seed ${seed}`;
const store = (found: object): void => writeFileSync(values.out, `${JSON.stringify(found)}\n`);

let state: CmaState = existsSync(values.out) ? JSON.parse(readFileSync(values.out, 'utf8')).search : cmaStart(names.length, 1);
const [random, draws] = [new CounterRandom(seed), new CounterRandom(seed)];
while (state.generation < generations) {
  draws.seek(STREAM.draw, state.generation);
  const result = cmaStep(state, population, draws, (candidates) =>
    candidates.map((x) => {
      let sum = 0;
      for (let i = 0; i < walks; i++) sum += walk(gaitOf(x), random, state.generation * walks + i).gain;
      return -sum / walks;
    }),
  );
  state = result.state;
  store({ command, gait: gaitOf(state.mean), search: state });
  console.log(`generation ${state.generation}: best ${(-result.cost).toFixed(3)} m/s, spread ${state.sigma.toFixed(3)}`);
}

/** Walks that the search has not seen. */
const FRESH = 1_000_000;
const gait = gaitOf(state.mean);
const fresh = Array.from({ length: 200 }, (_, i) => walk(gait, random, FRESH + i));
const measured = {
  walks: fresh.length,
  gain: Number((fresh.reduce((sum, { gain }) => sum + gain, 0) / fresh.length).toFixed(3)),
  falls: fresh.filter(({ fell }) => fell).length,
};
store({ command, gait, measured, search: state });
console.log(JSON.stringify({ gait, measured }));
