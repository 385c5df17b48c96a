/** Episodes that a run leaves to be shown. */
import type { RunList } from '@coxswain/lab';
import { z } from 'zod';

/** One episode on its grid. Cells are counted row by row from the upper left. */
export type DrawnEpisode = {
  readonly title: string;
  readonly size: number;
  /** For each cell 0 (empty), 1 + colour, or 1 + number of colours (wall). */
  readonly layout: readonly number[];
  readonly colours: number;
  /** Cell of the agent before the first step and after each. */
  readonly path: readonly number[];
  readonly task: readonly number[];
  /** Steps at which a new code was chosen; empty when there are no codes. */
  readonly switches: readonly number[];
  readonly success: boolean;
};

/** An episode as its world drew it. */
export type PicturedEpisode = { readonly title: string; readonly svg: string; readonly success: boolean };

export type ShownEpisode = DrawnEpisode | PicturedEpisode;

const numbers = z.array(z.number());

const PICTURED: z.ZodType<PicturedEpisode> = z.object({ title: z.string(), svg: z.string(), success: z.boolean() });

const DRAWN: z.ZodType<DrawnEpisode> = z.object({
  title: z.string(),
  size: z.int().positive(),
  layout: numbers,
  colours: z.int(),
  path: numbers,
  task: numbers,
  switches: numbers,
  success: z.boolean(),
});

/** Which of the two is told by the picture, so that a fault is told where it is. */
const SHOWN: z.ZodType<ShownEpisode> = z.unknown().transform((value, context): ShownEpisode => {
  const pictured = typeof value === 'object' && value !== null && 'svg' in value;
  const read = (pictured ? PICTURED : DRAWN).safeParse(value);
  if (read.success) return read.data;
  for (const issue of read.error.issues) context.addIssue({ ...issue });
  return z.NEVER;
});

export const EPISODES: RunList<ShownEpisode> = { file: 'episodes.json', shape: z.array(SHOWN) };
