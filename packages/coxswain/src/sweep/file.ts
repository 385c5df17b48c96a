/**
 * A sweep file, YAML:
 *
 *     folder: runs/views            # where its runs go
 *     preset: grid-mini             # optional, for every run that starts from no model
 *     world: ./my-world.ts          # optional, a name or a file, for the same runs
 *     axes:
 *       seed: [1, 2, 3]
 *       pair: [{ view: partner, alpha: 0.001 }, { view: same, alpha: 0.1 }]
 *     runs:
 *       base:
 *         command: pretrain
 *       controller-{view}-{seed}:
 *         command: discover
 *         over: [seed, pair]
 *         options: { seed: '{seed}', base: base, view: '{view}' }
 *         set: { discover.alpha: '{alpha}' }
 *
 * An axis is a list of values under its own name, or of groups of values that change together. Every run of every
 * combination of the axes after `over` is planned; a name in braces stands for its value.
 */

import { SweepFileError, suggestion } from '@coxswain/lab';
import { isScalar, parseDocument, visit } from 'yaml';
import { z } from 'zod';

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const scalars = z.record(z.string(), scalar);

/** What an adapter may have to offer, for a run to be given to it. */
export const NEEDS = ['gpu', 'shader-f16', 'subgroups'] as const;
export type Need = (typeof NEEDS)[number];

const entry = z.strictObject({
  command: z.string(),
  over: z.array(z.string()).default([]),
  options: scalars.default({}),
  set: scalars.default({}),
  needs: z.array(z.enum(NEEDS)).default([]),
});

const sweep = z.strictObject({
  folder: z.string().min(1),
  preset: z.string().optional(),
  world: z.string().optional(),
  axes: z.record(z.string(), z.array(z.union([scalar, scalars])).min(1)).default({}),
  runs: z.record(z.string(), entry).refine((runs) => Object.keys(runs).length > 0, 'no runs'),
});

/** One line of `runs`: a command for every combination of some axes. */
export type SweepEntry = z.output<typeof entry>;
export type SweepFile = z.output<typeof sweep>;

const KEYS: Readonly<Record<number, readonly string[]>> = {
  0: Object.keys(sweep.shape),
  2: Object.keys(entry.shape),
};

/** Where a value stands: `runs › base › command`. */
const place = (path: readonly PropertyKey[]): string => (path.length === 0 ? 'the file' : path.map(String).join(' › '));

function refuse(path: string, issue: z.core.$ZodIssue): never {
  if (issue.code === 'unrecognized_keys') {
    const known = KEYS[issue.path.length] ?? [];
    const remedy = suggestion(issue.keys[0], known, `Known there: ${known.join(', ')}.`);
    throw new SweepFileError(path, `\`${issue.keys[0]}\` in ${place(issue.path)}`, `one of ${known.join(', ')}`, remedy);
  }
  throw new SweepFileError(path, place(issue.path), issue.message, 'See `coxswain sweep --help` for an example.');
}

/**
 * Reads text as a sweep file.
 * @param path for messages.
 * @throws SweepFileError that names the place and, for a misspelt key, the nearest one.
 */
export function parseSweep(text: string, path: string): SweepFile {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) throw new SweepFileError(path, error.message.split('\n')[0].replace(/:$/, ''), 'YAML', 'Correct it there.');
  // A number as it is written: 0123 is a task, and 123 another.
  visit(document, {
    Scalar: (_, node) => {
      if (isScalar(node) && typeof node.value === 'number' && node.source !== undefined) node.value = node.source;
    },
  });
  if (document.toJS() === null)
    throw new SweepFileError(path, 'it is empty', 'a folder and runs', 'See `coxswain sweep --help` for an example.');
  const result = sweep.safeParse(document.toJS());
  if (result.success) return result.data;
  // A misspelt key explains why another one is missing.
  const { issues } = result.error;
  return refuse(path, issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]);
}
