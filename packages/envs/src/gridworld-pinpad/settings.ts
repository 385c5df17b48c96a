/** Settings of the grid world, what they are under each preset, and what they cannot say one by one. */
import { SettingError } from '@coxswain/base';
import { z } from 'zod';
import type { Task, TaskWords, WorldDefaults } from '../definition.js';
import { EnvError } from '../errors.js';
import { GRID_MINI, PAPER_PAIRS, type TaskPreset } from './tasks.js';

/** Its name in `world.name`. */
export const GRID_NAME = 'gridworld-pinpad';

export const gridSettings = z.object({
  size: z.int().min(2).max(64).default(4).describe('Cells along one side of the square grid, G.'),
  colours: z.int().min(1).max(10).default(4).describe('Coloured cells, O.'),
  walls: z.int().min(0).default(1).describe('Wall cells, W.'),
  observation: z
    .enum(['egocentric', 'allocentric'])
    .default('egocentric')
    .describe('What the model sees: a window around the agent, or all cells and the agent’s place (the paper, §6).'),
});

export type GridSettings = z.output<typeof gridSettings>;

export const gridPresets = {
  // The smallest world in which the whole method works.
  'grid-mini': { ...GRID_MINI.world, observation: 'egocentric' },
  'grid-small': { ...PAPER_PAIRS.world, observation: 'egocentric' },
  'grid-paper': { ...PAPER_PAIRS.world, observation: 'allocentric' },
} as const satisfies Record<string, z.input<typeof gridSettings>>;

export const gridTaskWords: TaskWords = {
  one: 'colours as digits, like 0123',
  list: 'tasks as digits with commas between, like 032,103',
  event: 'colour',
};

/** The paper's tasks where there are colours enough for its pairs, else the small grid's, or all pairs there are. */
export function gridDefaults({ colours }: GridSettings): WorldDefaults {
  if (colours >= PAPER_PAIRS.world.colours) return defaultsOf(PAPER_PAIRS);
  if (colours >= GRID_MINI.world.colours) return defaultsOf(GRID_MINI);
  const digits = Array.from({ length: colours }, (_, colour) => String(colour));
  const pairs = digits.flatMap((from) => digits.filter((to) => to !== from).map((to) => from + to));
  const reward = { task: digits.join(''), horizon: GRID_MINI.postTrainingHorizon[0] };
  return { tasks: pairs.length > 0 ? pairs : digits, horizon: GRID_MINI.horizon, reward };
}

function defaultsOf({ pretraining, horizon, postTraining, postTrainingHorizon }: TaskPreset): WorldDefaults {
  const [reward, longer] = postTraining.map((task, i) => ({ task, horizon: postTrainingHorizon[i] }));
  return { tasks: pretraining, horizon, reward, ...(longer && { longer }) };
}

/** @throws SettingError where there are more objects than cells. */
export function checkGrid({ size, colours, walls }: GridSettings): void {
  const cells = size ** 2;
  const objects = colours + walls + 1;
  if (objects <= cells) return;
  throw new SettingError(
    'world.size',
    String(size),
    `at least ${objects} cells for ${colours} colours, ${walls} walls and the agent (${size}² = ${cells})`,
    'Raise world.size, or lower world.colours or world.walls.',
  );
}

/** @throws EnvError `bad-task` for what is no sequence of this grid's colours. */
export function readGridTask({ colours }: GridSettings, text: string): Task {
  const refuse = (expected: string, remedy: string): never => {
    throw new EnvError('bad-task', `task "${text}"`, expected, remedy);
  };
  if (!/^[0-9]+$/.test(text)) refuse(gridTaskWords.one, 'Write the digits of the colours in their order');
  const events = Array.from(text, Number);
  if (events.some((colour) => colour >= colours))
    refuse(`colours from 0 to ${colours - 1}`, `Use fewer colours in the task or raise world.colours (${colours})`);
  // A colour is visited when it is entered from another cell: going from a colour to itself is not a transition.
  if (events.some((colour, i) => i > 0 && colour === events[i - 1]))
    refuse('no colour twice in a row', 'Put another colour between the two');
  return { text, events };
}
