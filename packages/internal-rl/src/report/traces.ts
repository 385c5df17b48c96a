/** What runs of discovery leave of single episodes: the switch, and how it was found. */
import type { RunList } from '@coxswain/lab';
import { z } from 'zod';

/** The switch over one episode. */
export type SwitchTrace = {
  readonly title: string;
  /** True subgoal (a colour) at every step. */
  readonly subgoals: readonly number[];
  /** β at every step, 0 to 1. */
  readonly beta: readonly number[];
};

/** What each stage of discovery was shown of an episode, and where its own switch opened. */
export type StageTrace = {
  readonly title: string;
  /** True subgoal (a colour) at every step. */
  readonly subgoals: readonly number[];
  /** How far the base’s residual moved with each step, the first one’s first, and from where on that is a moment. */
  readonly jumps?: { readonly layer: number; readonly threshold: number; readonly values: readonly number[] };
  /** In the order of training; steps are counted from 0, and step `subgoals.length` is the end. */
  readonly stages: readonly { readonly shown: readonly number[]; readonly opened: readonly number[] }[];
};

const numbers = z.array(z.number());

export const SWITCHES: RunList<SwitchTrace> = {
  file: 'switches.json',
  shape: z.array(z.object({ title: z.string(), subgoals: numbers, beta: numbers })),
};

export const STAGES: RunList<StageTrace> = {
  file: 'stages.json',
  shape: z.array(
    z.object({
      title: z.string(),
      subgoals: numbers,
      jumps: z.object({ layer: z.int(), threshold: z.number(), values: numbers }).optional(),
      stages: z.array(z.object({ shown: numbers, opened: numbers })),
    }),
  ),
};
