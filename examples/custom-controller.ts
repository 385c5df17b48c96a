/**
 * A custom controller, in place of the learned one: a hand-written edit on a tap. It taps the frozen model's residual
 * stream while experts walk to each colour, and adds what is special about one colour to it: the model then seeks that
 * colour, or shuns it.
 *
 *     npm run example
 */
import { fileURLToPath } from 'node:url';
import { GRID_MINI, type GridObservation, GridworldPinpad, generateExpertEpisodes, observeEpisodes } from '@coxswain/envs';
import { gridMini } from '@coxswain/models';
import { evaluate, Rollout } from '@coxswain/rl';
import { add, noGrad, type Tensor } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { loadModel, type SequenceModel } from '@coxswain/transformer';

const { world, pretraining: tasks, horizon } = GRID_MINI;
/** Blocks done where it looks and writes, and how far it pushes. */
const [LAYER, STRENGTH] = [1, 8];
const space = gridMini.base.spaces.observation as GridObservation;

/** `[colours][width]`: the mean residual while an expert walks to each colour, less the mean of these means. */
async function directions(model: SequenceModel): Promise<number[][]> {
  const { count, layout, position, subgoal, length } = generateExpertEpisodes({ world, tasks, epsilon: 0, horizon, count: 400, seed: 7 });
  const observations = model.device.tensor(observeEpisodes(space, layout, position, horizon + 1), [count * (horizon + 1), space.slots]);
  const seen: Tensor[] = [];
  const tap = { layer: LAYER, read: (residual: Tensor) => void seen.push(residual) };
  noGrad(() => model.forward(observations, { batch: count, time: horizon + 1 }, [tap]));
  const [residual, { width }] = [await seen[0].read(), model.config];
  const rows = Array.from({ length: world.colours }, (): number[] => []);
  for (let i = 0; i < count; i++) for (let t = 0; t < length[i]; t++) rows[subgoal[i * horizon + t]].push((i * (horizon + 1) + t) * width);
  const mean = (of: number[], j: number) => of.reduce((sum, at) => sum + residual[at + j], 0) / of.length;
  const means = rows.map((mine) => Array.from({ length: width }, (_, j) => mean(mine, j)));
  return means.map((mine) => mine.map((x, j) => x - means.reduce((sum, other) => sum + other[j], 0) / means.length));
}

/**
 * Of each colour, the share of sampled episodes that touch it first: the model pushed away from it, left alone, and
 * pushed to it.
 */
export async function firstTouches(model: SequenceModel, environments: number): Promise<number[][]> {
  const push = model.device.zeros([1, model.config.width]);
  const controller = { layer: LAYER, begin() {}, control: (residual: Tensor) => ({ residual: add(residual, push) }), dispose() {} };
  const table = Array.from({ length: world.colours }, (): number[] => []);
  for (const [colour, direction] of (await directions(model)).entries()) {
    // With one colour for a task, an episode succeeds where that colour is touched before any other.
    const environment = new GridworldPinpad({
      world,
      tasks: [[colour]],
      horizon,
      environments,
      observation: space,
    });
    const rollout = new Rollout({ model, environment, controller, seed: 1, rowCounts: [environments] });
    for (const strength of [-STRENGTH, 0, STRENGTH]) {
      push.write(Float32Array.from(direction, (x) => strength * x));
      table[colour].push((await evaluate(rollout, environments)).success);
    }
    rollout.dispose();
  }
  return table;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const device = await requestDevice();
  const { model } = await loadModel(device, gridMini.base);
  const table = (await firstTouches(model, 500)).map((row) => row.map((share) => Math.round(100 * share) / 100));
  console.log('Share of episodes that touch a colour first, by colour:');
  console.table(table.map(([away, alone, to]) => ({ 'pushed away': away, 'left alone': alone, 'pushed to it': to })));
  device.close();
}
