/** Settings of learning from reward, over codes or on the base model's own actions, and of measuring it. */
import { LONGEST_HORIZON } from '@coxswain/envs';
import { adam, choice, integer, number, optionalTask, section, task } from '@coxswain/lab';
import { z } from 'zod';

export const reinforceSection = section({
  name: 'reinforce',
  schema: z.object({
    method: choice('Internal RL (a policy over codes), or RL on the base model’s own actions.', 'internal', ['internal', 'raw']),
    task: task('Task to be rewarded: 1 when its last event has come, else nothing.'),
    horizon: integer('Steps after which an episode ends.', 100, { min: 1, max: LONGEST_HORIZON }),
    clip: number('How far a probability ratio may move before it is clipped.', 0.2, { min: 0, max: 1 }),
    advantageFloor: number('Added to the batch’s standard deviation of rewards when advantages are made.', 1e-3, { min: 0 }),
    gateThreshold: number('β at or above this ends the code that is held, while acting.', 0.5, { min: 0, max: 1 }),
    temperature: number('Temperature at which the base model’s actions are sampled; 1 is the model as it was trained.', 0.5, {
      min: 1e-3,
    }),
  }),
  presets: { 'grid-paper': { temperature: 1 }, 'ant-paper': { temperature: 1 }, 'pads-mini': { gateThreshold: 0.999 } },
  fromWorld: ({ reward }) => reward,
});

interface Initial {
  readonly episodesPerUpdate: number;
  readonly updates: number;
  readonly learningRate: number;
  readonly finalRate: number;
}

const updates = (what: string, { episodesPerUpdate, updates, learningRate, finalRate }: Initial) => ({
  episodesPerUpdate: integer(`Episodes rolled out before each update of ${what}.`, episodesPerUpdate, { min: 2 }),
  updates: integer(`Updates of ${what} in one run.`, updates, { min: 1 }),
  epochs: integer('Passes over the episodes of one update.', 4, { min: 1 }),
  ...adam(what, { learningRate, weightDecay: 0, gradientClip: 1 }),
  finalRate: number(
    'Share of the learning rate left at the last update; it falls linearly over updates with a signal (1 keeps it constant).',
    finalRate,
    { min: 0, max: 1 },
  ),
  saveEvery: integer('Updates between two checkpoints.', 10, { min: 1, hashed: false }),
});

/** The paper's updates: as many, and as small steps, over codes as on actions. */
const PAPER = { episodesPerUpdate: 1024, updates: 100_000, learningRate: 3e-5, finalRate: 1, saveEvery: 100 };

/** The same for the ant, whose episodes are longer. */
const PAPER_ANT = { ...PAPER, episodesPerUpdate: 256, updates: 51_200 };

export const internalSection = section({
  name: 'internal',
  schema: z.object({
    historyWidth: integer('Width of the policy’s GRU.', 64, { min: 1 }),
    headWidth: integer('Hidden width of the policy’s head.', 64, { min: 1 }),
    spread: number('Standard deviation of the first policy, in standard deviations of the codes at switches.', 1.2, { min: 0 }),
    finalExploration: number(
      'Share of the policy’s standard deviation left at the last update, beside what it learns; it falls geometrically over updates with a signal (1 keeps it).',
      0.2,
      { min: 1e-3, max: 1 },
    ),
    ...updates('the policy over codes', { episodesPerUpdate: 512, updates: 290, learningRate: 1e-3, finalRate: 0.1 }),
  }),
  presets: {
    'grid-small': { historyWidth: 128, episodesPerUpdate: 1024, updates: 1000, learningRate: 5e-4 },
    // The paper's policy is one Hawk block of width 256.
    'grid-paper': { ...PAPER, historyWidth: 256, spread: 1, finalExploration: 1 },
    'ant-paper': { ...PAPER_ANT, historyWidth: 256, spread: 1, finalExploration: 1 },
  },
});

export const rawSection = section({
  name: 'raw',
  schema: z.object(updates('the base model', { episodesPerUpdate: 1024, updates: 200, learningRate: 1e-4, finalRate: 1 })),
  presets: { 'grid-small': { updates: 1000 }, 'grid-paper': PAPER, 'ant-paper': PAPER_ANT },
});

export const evaluateSection = section({
  name: 'evaluate',
  schema: z.object({
    episodes: integer('Episodes rolled out for the final number.', 10_000, { min: 1 }),
    longTask: optionalTask('A longer task the trained policy is also tried on; empty for none.'),
    longHorizon: integer('Steps after which an episode of the longer task ends.', 100, { min: 1, max: LONGEST_HORIZON }),
  }),
  fromWorld: ({ longer }) => (longer ? { longTask: longer.task, longHorizon: longer.horizon } : {}),
});
