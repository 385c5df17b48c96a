/** gridworld-pinpad as a world by name. */
import type { z } from 'zod';
import { type DemonstrationSettings, type WorldDefaults, world } from '../definition.js';
import { digitTask } from '../digit-task.js';
import { type ExpertSettings, expertEpisodes } from './dataset.js';
import { checkGridSize, type GridSize } from './layout.js';
import { allocentric, egocentric, type GridObservation } from './observation.js';
import { GridworldPinpad } from './pinpad.js';
import { gridPresets, gridSettings } from './settings.js';
import { GRID_MINI, PAPER_PAIRS } from './tasks.js';
import { GridTrajectories } from './trajectories.js';

type GridSettings = z.output<typeof gridSettings>;

const sizeOf = ({ size, colours, walls }: GridSettings): GridSize => ({ size, colours, walls });

const observationOf = (settings: GridSettings): GridObservation =>
  settings.observation === 'egocentric' ? egocentric(sizeOf(settings)) : allocentric(sizeOf(settings));

/** Steps an expert is given for each visit, in sides of the grid. */
const SIDES_PER_VISIT = { demonstration: 2, reward: 3 } as const;

/** Where there are fewer than three colours no list of ours fits. */
const FEW_COLOURS: Readonly<Record<number, readonly string[]>> = { 1: ['0'], 2: ['01', '10'] };

/** Pairs of colours for the eight of the paper, single colours for any other number. */
function defaultsOf({ size, colours }: GridSettings): WorldDefaults {
  if (colours === 8) {
    const { pretraining, horizon, postTraining } = PAPER_PAIRS;
    const enough = Math.max(horizon, SIDES_PER_VISIT.demonstration * size * pretraining[0].length);
    return { tasks: pretraining, horizon: enough, reward: { task: postTraining[0], horizon: enough } };
  }
  const tasks = FEW_COLOURS[colours] ?? GRID_MINI.pretraining.filter((task) => Array.from(task).every((digit) => Number(digit) < colours));
  const task = GRID_MINI.postTraining[0].slice(0, colours);
  const visits = Math.max(...tasks.map((text) => text.length));
  return {
    tasks,
    horizon: SIDES_PER_VISIT.demonstration * size * visits,
    reward: { task, horizon: SIDES_PER_VISIT.reward * size * task.length },
  };
}

function expertSettings(settings: GridSettings, how: DemonstrationSettings): ExpertSettings {
  const { horizon, count, seed, noise, ties } = how;
  const tasks = how.tasks.map(({ events }) => events);
  return { world: sizeOf(settings), tasks, epsilon: noise, ties, horizon, count, seed };
}

export const gridworldPinpad = world({
  name: 'gridworld-pinpad',
  about: 'A grid with coloured cells to be visited in order (arXiv 2512.20605).',
  settings: gridSettings,
  presets: gridPresets,
  symmetries: 8,
  defaults: defaultsOf,
  check: checkGridSize,
  spaces: (settings) => ({
    observation: observationOf(settings),
    action: { kind: 'discrete', count: 4 } as const,
    events: Array.from({ length: settings.colours }, (_, colour) => `colour ${colour}`),
    predicted: { kind: 'discrete', count: settings.size ** 2 } as const,
  }),
  task: ({ colours }, text) => digitTask(text, { count: colours, noun: 'colour' }),
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
