/**
 * How often the ant's expert does its tasks.
 *
 *     npm run ant:expert -- [--gait FILE] [--episodes 1000] [--noise 0] [--seed 1]
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { CounterRandom } from '@coxswain/base';
import { GRID_MINI } from '@coxswain/envs';
import { antSettings, loadEngine, STATE } from '@coxswain/envs-ant';
import { antExpert } from '../../packages/envs-ant/src/expert.js';
import { beginEpisodes, cellAt } from '../../packages/envs-ant/src/field.js';
import { uprightness } from '../../packages/envs-ant/src/observation.js';

const { values } = parseArgs({
  options: {
    gait: { type: 'string' },
    episodes: { type: 'string', default: '1000' },
    noise: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    horizon: { type: 'string', default: '500' },
    set: { type: 'string', default: '{}' },
    tasks: { type: 'string' },
  },
});
const settings = antSettings.parse(JSON.parse(values.set));
const expert = antExpert(settings, JSON.parse(readFileSync(values.gait!, 'utf8')).gait);
const engine = await loadEngine();
const begin = beginEpisodes(settings);
const tasks = values.tasks?.split(',') ?? GRID_MINI.pretraining;
const [chance, choice] = [new CounterRandom(Number(values.seed)), new CounterRandom(Number(values.seed))];
const ends: Record<string, number> = {};
const lengths: number[] = [];
for (let episode = 0; episode < Number(values.episodes); episode++) {
  chance.seek(1, episode);
  const text = tasks[chance.below(tasks.length)];
  const task = { text, events: Array.from(text, Number) };
  chance.seek(7, episode);
  choice.seek(2, episode);
  const state = begin(chance);
  let [progress, end] = [0, 'time'];
  let step = 0;
  for (; step < Number(values.horizon); step++) {
    const view = { task, progress, goal: task.events[progress], random: choice, noise: Number(values.noise), ties: 'random' as const };
    const torques = Array.from(expert.act(state, view), (t) => Math.max(-1, Math.min(1, t)));
    const next = new Float64Array(STATE);
    engine.move(state.body, torques, next, 0);
    state.body.set(next);
    const before = state.cell;
    state.cell = cellAt(next[0], next[1], settings);
    const what = state.cell < 0 ? 99 : state.layout[state.cell];
    if (next[2] < 0.2 || next[2] > 1) end = `height ${next[2] < 0.2 ? 'low' : 'high'}`;
    else if (what === 99) end = 'edge';
    else if (what > settings.colours) end = 'wall';
    else if (state.cell !== before && what > 0) {
      if (what - 1 !== view.goal) end = 'order';
      else if (++progress === task.events.length) end = 'success';
    }
    if (end !== 'time') break;
  }
  if (end === 'time' && uprightness(state.body) < 0.3) end = 'on its back';
  ends[end] = (ends[end] ?? 0) + 1;
  if (end === 'success') lengths.push(step + 1);
}
lengths.sort((a, b) => a - b);
console.log(JSON.stringify({ ...ends, median: lengths[lengths.length >> 1], most: lengths.at(-1) }));
