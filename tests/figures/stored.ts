/** Stored results, and figures as pages write them. */
import fs from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');
const results = join(root, 'docs/results');

// Stored files are plain JSON of many shapes; a figure that is not there ends as NaN, which `f3` and the like refuse.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Json = any;

export const readText = (path: string): string => fs.readFileSync(join(root, path), 'utf8');
export const readJson = (path: string): Json => JSON.parse(fs.readFileSync(join(results, path), 'utf8'));

/** A run's folder under `docs/results`, in `runs` or among the models that are stored whole. */
export interface Run {
  readonly name: string;
  readonly config: Json;
  readonly result: Json;
  readonly metrics: readonly Json[];
}

/** @param folder from `docs/results`: `runs/grid-mini/first-1-1`. */
export function run(folder: string): Run {
  const optional = (name: string): Json => (fs.existsSync(join(results, folder, name)) ? readJson(`${folder}/${name}`) : undefined);
  const metrics = fs.existsSync(join(results, folder, 'metrics.jsonl'))
    ? fs
        .readFileSync(join(results, folder, 'metrics.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
    : [];
  return { name: folder.split('/').at(-1) as string, config: optional('config.json'), result: optional('result.json'), metrics };
}

export const runs = (folder: string, like: RegExp): Run[] =>
  fs
    .readdirSync(join(results, folder))
    .filter((name) => like.test(name))
    .sort()
    .map((name) => run(`${folder}/${name}`));

/** Success of the rows of `NAME.json` that are like this, in their order. */
export function successes(like: Partial<Record<string, unknown>>, page = 'grid-mini'): number[] {
  const rows: Json[] = readJson(`${page}.json`);
  const found = rows.filter((row) => Object.entries(like).every(([key, value]) => row[key] === value));
  if (!found.length) throw new Error(`${page}.json has no row like ${JSON.stringify(like)}`);
  return found.map((row) => row.success);
}

/** A table of an analysis. */
export function tableOf(path: string, title: string): { readonly columns: readonly { label: string }[]; readonly rows: readonly Json[][] } {
  const { tables } = readJson(path);
  const table = tables.find((candidate: Json) => candidate.title === title);
  if (!table) throw new Error(`${path} has no table "${title}", only ${tables.map((candidate: Json) => candidate.title).join(', ')}`);
  return table;
}

/** Its rows by the labels of its columns. */
export function findings(path: string, title: string): Record<string, Json>[] {
  const table = tableOf(path, title);
  return table.rows.map((row: Json[]) => Object.fromEntries(row.map((value, i) => [table.columns[i].label, value])));
}

export const min = (values: readonly number[]): number => Math.min(...values);
export const max = (values: readonly number[]): number => Math.max(...values);

/** Linear interpolation between order statistics, as numpy's default. */
export function quantile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * at;
  const below = Math.floor(place);
  return sorted[below] + (place - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
}
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Where a sequence of differences is largest, and so on: a figure that is not a number is a fault of the test. */
const real = (value: number): number => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`a figure is ${value}`);
  return value;
};
export const f1 = (value: number): string => real(value).toFixed(1);
export const f2 = (value: number): string => real(value).toFixed(2);
export const f3 = (value: number): string => real(value).toFixed(3);
export const f4 = (value: number): string => real(value).toFixed(4);
export const percent = (share: number): string => (100 * real(share)).toFixed(0);
export const percent1 = (share: number): string => (100 * real(share)).toFixed(1);
/** Thousands apart: 61 440. */
export const count = (value: number): string =>
  real(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ' ');
const WORDS = ['none', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'];
/** A small number as a word. */
export const word = (value: number): string => WORDS[value] ?? String(value);
/** `0.858 to 0.891`: the least and the greatest. */
export const range = (values: readonly number[], show: (value: number) => string = f3): string =>
  `${show(min(values))} to ${show(max(values))}`;

/** Costs as an H200 measured them, under `docs/results`. */
export const H200 = 'cost/nvidia-nvidia-h200-nvidia-580.159.04-580.159.4.0-gpu-kernels-intel-r-xeon-r-processor';

/** What an analysis of injection found under a condition, one value a step of the injection that has one. */
export const injected = (path: string, condition: string, column: string): number[] =>
  findings(path, 'Codes across layouts and histories')
    .filter((row) => row.Condition === condition && row[column] !== null)
    .map((row) => row[column]);
