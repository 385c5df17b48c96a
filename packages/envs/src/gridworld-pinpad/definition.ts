/** gridworld-pinpad as a world by name. */
import { type DemonstrationSettings, world } from '../definition.js';
import { type ExpertSettings, expertEpisodes } from './dataset.js';
import { bayesFloor } from './floor.js';
import type { GridSize } from './layout.js';
import { allocentric, egocentric, type GridObservation } from './observation.js';
import { GridworldPinpad } from './pinpad.js';
import { playedEpisodes } from './played.js';
import {
  checkGrid,
  GRID_NAME,
  type GridSettings,
  gridDefaults,
  gridPresets,
  gridSettings,
  gridTaskWords,
  readGridTask,
} from './settings.js';
import { GridTrajectories } from './trajectories.js';

const sizeOf = ({ size, colours, walls }: GridSettings): GridSize => ({ size, colours, walls });

const observationOf = (settings: GridSettings): GridObservation =>
  settings.observation === 'egocentric' ? egocentric(sizeOf(settings)) : allocentric(sizeOf(settings));

function expertSettings(settings: GridSettings, how: DemonstrationSettings): ExpertSettings {
  const { horizon, count, seed, noise, ties } = how;
  const tasks = how.tasks.map(({ events }) => events);
  return { world: sizeOf(settings), tasks, epsilon: noise, ties, horizon, count, seed };
}

export const gridworldPinpad = world({
  name: GRID_NAME,
  about: 'A grid with coloured cells to be visited in order (arXiv 2512.20605).',
  settings: gridSettings,
  presets: gridPresets,
  symmetries: 8,
  taskWords: gridTaskWords,
  defaults: gridDefaults,
  check: checkGrid,
  spaces: (settings) => ({
    observation: observationOf(settings),
    action: { kind: 'discrete', count: 4 } as const,
    events: Array.from({ length: settings.colours }, (_, colour) => `colour ${colour}`),
    predicted: { kind: 'discrete', count: settings.size ** 2 } as const,
  }),
  task: readGridTask,
  bayesFloor: (_, data, { tasks, noise }) =>
    bayesFloor((data as GridTrajectories).episodes, { tasks: tasks.map(({ events }) => events), epsilon: noise }),
  played: (settings, recording) => playedEpisodes(observationOf(settings), recording),
  open: (settings, { task, environments, horizon }) =>
    new GridworldPinpad({
      world: sizeOf(settings),
      tasks: task === 'free' ? 'free' : [task.events],
      horizon,
      environments,
      observation: observationOf(settings),
    }),
  views: (settings) => {
    const { slots, agentRows } = observationOf(settings);
    return { predicted: (observation) => observation[slots - 1] - agentRows };
  },
  *demonstrations(settings, how) {
    return new GridTrajectories(observationOf(settings), yield* expertEpisodes(expertSettings(settings, how)));
  },
});
