/**
 * What presets cost on the adapters that they were counted and timed on: a file for each, and a page over all of them.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { fitted, onDisk, presetNames, type ReportTable, RunFolderError, readJson, tablesToMarkdown, workInKinds } from '@coxswain/lab';
import { z } from 'zod';
import { kernelTable } from './kernels.js';
import { costTable, type PhaseLine } from './line.js';
import { loopTable } from './loop.js';
import type { StoredModel } from './stored.js';

/** A line, and where it comes from. */
export interface RecordedLine extends PhaseLine {
  /** The command line that gave it. */
  readonly command: string;
  /** ISO 8601. */
  readonly at: string;
}

export interface CostResults {
  readonly format: 1;
  readonly preset: string;
  /** What was changed of it. */
  readonly set: readonly string[];
  /** Adapter, kernels and processor, as a model of cost names them. */
  readonly adapter: string;
  /** Those of one device and of several that share work, where there are any. */
  readonly models: readonly StoredModel[];
  readonly phases: readonly RecordedLine[];
}

/** A file name of what an adapter is called. */
const fileName = (adapter: string): string =>
  adapter
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^-+|-+$/g, '');

const text = z.string();
/** What every version wrote; kinds of work and figures came by and by, and are dashes where they are not there. */
const RESULTS = z.looseObject({
  format: z.literal(1),
  preset: text,
  set: z.array(text),
  adapter: text,
  models: z.array(
    z.looseObject({ measuredOn: text, measuredAt: text, model: z.looseObject({ error: z.number(), measurements: z.number() }) }),
  ),
  phases: z.array(
    z.looseObject({
      phase: text,
      command: text,
      at: text,
      cost: z.looseObject({ steps: z.number(), work: z.record(text, z.number()) }),
    }),
  ),
}) as unknown as z.ZodType<CostResults>;

/**
 * Where results of this preset and adapter belong, and what the file is to hold: phases that were not counted now stay
 * as they were, where the same was changed of the preset.
 * @param folder of all results.
 */
export function mergedResults(folder: string, results: CostResults): { readonly path: string; readonly content: string } {
  const path = join(folder, fileName(results.adapter), `${results.preset}.json`);
  const earlier = RESULTS.safeParse(readJson(path)).data;
  const same = earlier && JSON.stringify(earlier.set) === JSON.stringify(results.set) ? earlier.phases : [];
  const now = new Map(results.phases.map((line) => [line.phase, line]));
  const kept = same.filter(({ phase }) => !now.has(phase));
  return { path, content: `${JSON.stringify({ ...results, phases: [...kept, ...results.phases] }, null, 1)}\n` };
}

/** All results in a folder, by adapter, then by preset. @throws RunFolderError for a file that holds none. */
export function readCostResults(folder: string): CostResults[] {
  const files = onDisk(folder, () => fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }));
  const order = ({ preset }: CostResults): number => presetNames().indexOf(preset);
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => {
      const results = fitted(RESULTS, readJson(join(folder, file)), (fault) => {
        throw new RunFolderError(
          folder,
          `${file} holds no costs (${fault})`,
          'files that `coxswain cost --results` wrote',
          'Take it away.',
        );
      });
      return { ...results, phases: results.phases.map((line) => ({ ...line, cost: { ...line.cost, work: workInKinds(line.cost.work) } })) };
    })
    .sort((a, b) => a.adapter.localeCompare(b.adapter) || order(a) - order(b));
}

const modelInWords = ({ measuredOn, measuredAt, model }: StoredModel): string =>
  `${measuredOn}: ${model.measurements} pieces of work timed on ${measuredAt.slice(0, 10)}, mean error ${Math.round(100 * model.error)} %`;

/** Presets of one adapter as one table. */
function tableOf(adapter: string, all: readonly CostResults[]): ReportTable {
  const lines = all.flatMap(({ preset, phases }) => phases.map((line) => ({ preset, line })));
  const [heads, ...cells] = costTable(lines.map(({ line }) => line));
  const models = [...new Set(all.flatMap((results) => results.models.map(modelInWords)))];
  const commands = [...new Set(lines.map(({ line }) => `\`${line.command}\`, ${line.at.slice(0, 10)}`))];
  const about = [
    ...(models.length > 0 ? ['Models of cost:', '', ...models.map((model) => `- ${model}.`), ''] : []),
    'Commands:',
    '',
    ...commands.map((command) => `- ${command}`),
  ];
  return {
    title: adapter,
    about: about.join('\n'),
    columns: ['preset', ...heads].map((label, i) => ({ label, numeric: i > 1 })),
    rows: cells.map((row, i) => [lines[i].preset, ...row]),
  };
}

/** Share of a step's time that a kernel has to take to be on the page. */
const LEAST = 0.005;

/** The kernels of a step of each phase that they were timed of. */
function kernelTables({ adapter, preset, phases }: CostResults): ReportTable[] {
  return phases.flatMap(({ phase, kernels, command, at }) => {
    if (!kernels) return [];
    const [columns, ...rows] = kernelTable(kernels, LEAST);
    const { flops, bytes } = kernels.peaks;
    const peaks = `${(flops / 1e9).toPrecision(3)} GFLOP/s and ${(bytes / 1e9).toPrecision(3)} GB/s at best, measured beside`;
    return [
      {
        title: `${preset}, a step of ${phase}: ${adapter}`,
        about: `\`${command}\`, ${at.slice(0, 10)}; ${peaks}.`,
        columns: columns.map((label, i) => ({ label, numeric: i > 0 })),
        rows,
      },
    ];
  });
}

/** Loops over the worlds themselves, of all presets of an adapter. */
function loopTables(adapter: string, all: readonly CostResults[]): ReportTable[] {
  const lines = all.flatMap(({ preset, phases }) => phases.map((line) => ({ preset, ...line })));
  const timed = lines.flatMap(({ loop, ...line }) => (loop ? [{ ...line, loop }] : []));
  if (timed.length === 0) return [];
  const [heads, ...cells] = loopTable(timed);
  return [
    {
      title: `Updates on the worlds themselves: ${adapter}`,
      about: `${[...new Set(timed.map(({ command, at }) => `- \`${command}\`, ${at.slice(0, 10)}`))].join('\n')}`,
      columns: ['preset', ...heads].map((label, i) => ({ label, numeric: i > 1 })),
      rows: cells.map((row, i) => [timed[i].preset, ...row]),
    },
  ];
}

const LEAD = `Written by \`coxswain cost --results\` from the files beside it, a row for each phase that trains. Of a step: time steps of its episodes
(tokens of the sequence model; in RL steps of the worlds), launches, floating-point operations, memory moved, and memory held all the while; *ms a step* and
*all steps* as the adapter’s model of cost projects them, or where it has none as they were timed; *timed* on the median of rounds; *ratio*: what the model says of the very steps that were timed, over
what they took, and its range over rounds. A model is fitted to small pieces of work, none of them a phase of these presets.

The tables of kernels: every launch of some steps by itself, by the adapter’s own clock; *of the roofline*: the least time that the operations of a launch, or
its bytes to and from memory, could take at the adapter’s best, over what it took. What lies in caches can be read faster than that. Kernels
that take less than a two-hundredth of a step are in the files alone.

A dash stands where a file holds no such figure. The page is written anew from its files by \`coxswain cost --results FOLDER --page\`.`;

/** The page over all of them: everything that is on it lies in the files. */
export function costPage(all: readonly CostResults[]): string {
  const adapters = [...new Set(all.map(({ adapter }) => adapter))];
  const of = (adapter: string): CostResults[] => all.filter((results) => results.adapter === adapter);
  const tables = adapters.map((adapter) => tableOf(adapter, of(adapter)));
  const loops = adapters.flatMap((adapter) => loopTables(adapter, of(adapter)));
  return tablesToMarkdown('What training costs', LEAD, [...tables, ...loops, ...all.flatMap(kernelTables)]);
}
