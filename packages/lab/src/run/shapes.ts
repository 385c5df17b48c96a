/** What the JSON files of a run have to hold to be shown: read by whoever did not write them. */
import { z } from 'zod';
import type { Findings } from '../report/data.js';
import type { ResultRow } from '../results/rows.js';

const label = z.object({ label: z.string() });

const ROWS: z.ZodType<readonly ResultRow[]> = z.array(
  z.object({
    method: z.string(),
    view: z.string().nullable(),
    baseSeed: z.number(),
    controllerSeed: z.number().nullable(),
    rlSeed: z.number(),
    task: z.string(),
    episodes: z.number(),
    success: z.number(),
    sampled: z.number().positive().optional(),
  }),
);

/** `result.json`: success rates where there are some, and anything beside them. */
export const RESULT: z.ZodType<{ readonly rows?: readonly ResultRow[] } & Record<string, unknown>> = z.looseObject({
  rows: ROWS.optional(),
});

export const FINDINGS: z.ZodType<Findings> = z.object({
  name: z.string(),
  title: z.string(),
  about: z.string(),
  paper: z.string(),
  charts: z.array(
    z.object({
      title: z.string(),
      about: z.string(),
      xLabel: z.string(),
      curves: z.array(
        label.extend({
          points: z.array(z.object({ x: z.number(), y: z.number() })),
          band: z.array(z.object({ x: z.number(), low: z.number(), high: z.number() })).optional(),
        }),
      ),
      references: z.array(label.extend({ y: z.number() })),
      log: z.boolean().optional(),
    }),
  ),
  tables: z.array(
    z.object({
      title: z.string(),
      about: z.string(),
      columns: z.array(label.extend({ numeric: z.boolean() })),
      rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
    }),
  ),
});
