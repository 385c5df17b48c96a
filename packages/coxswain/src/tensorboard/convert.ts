/** What a run folder holds as TensorBoard's events: its settings, its metrics, its speed and its results. */
import fs from 'node:fs';
import { join } from 'node:path';
import { METRICS, type RunConfig, RunFolderError, readLines, readMetrics, readResult, readRunConfig } from '@coxswain/lab';
import { eventFile, type HyperParameters, type ScalarEvent } from './events.js';

type Mark = { readonly step: number; readonly at: number /** Steps a second. */; readonly speed?: number };

/**
 * When each saved step was done: `timing.jsonl` counts the seconds of each process, `environment.jsonl` says when each
 * began. Steps after which a process was killed are done twice; the later time stands.
 */
function marksOf(folder: string): Mark[] {
  const starts = readLines<{ started: string }>(join(folder, 'environment.jsonl')).map(({ started }) => Date.parse(started) / 1000);
  const [config] = [fs.statSync(join(folder, 'config.json')).mtimeMs / 1000];
  const marks: Mark[] = [];
  let process = 0;
  let last = -1;
  type Timing = { readonly step: number; readonly seconds: number; readonly [METRICS.stepsPerSecond]?: number };
  for (const { step, seconds, [METRICS.stepsPerSecond]: speed } of readLines<Timing>(join(folder, 'timing.jsonl'))) {
    if (seconds < last) process++;
    last = seconds;
    while (marks.length > 0 && (marks.at(-1) as Mark).step >= step) marks.pop();
    marks.push({ step, at: (starts[process] ?? config) + seconds, ...(speed === undefined ? {} : { speed }) });
  }
  return [{ step: 0, at: starts[0] ?? config }, ...marks];
}

/** Seconds since 1970 at a step, linear between saved ones. */
function timeAt(marks: readonly Mark[], step: number): number {
  const after = marks.findIndex((mark) => mark.step >= step);
  if (after < 0) return (marks.at(-1) as Mark).at;
  if (after === 0) return marks[0].at;
  const [a, b] = [marks[after - 1], marks[after]];
  return a.at + ((b.at - a.at) * (step - a.step)) / Math.max(1, b.step - a.step);
}

/** Settings of a run, the seed and what it is a run of, flat. */
function madeWith({ phase, preset, seed, config, command }: RunConfig, began: number): HyperParameters {
  const values: Record<string, number | string | boolean> = { phase, preset, seed };
  for (const [section, settings] of Object.entries(config))
    for (const [name, value] of Object.entries(settings as Record<string, unknown>))
      values[`${section}.${name}`] = typeof value === 'number' || typeof value === 'boolean' ? value : String(value);
  const rows = Object.entries(values).map(([name, value]) => `| ${name} | ${value} |`);
  return { values, began, told: [`    ${command}`, '', '| setting | value |', '| --- | --- |', ...rows].join('\n') };
}

/** The final numbers of a run, success on each task among them; empty while it is under way. */
function finalValues({ rows, measured }: ReturnType<typeof readResult>): Record<string, number> {
  const success = rows.map(({ task, success: value }) => [`${METRICS.success}/${task}`, value] as const);
  const others = Object.entries(measured).map(([name, value]) => [`result/${name}`, value] as const);
  return Object.fromEntries([...success, ...others]);
}

/** The event file of a run, as it stands now. */
export function eventsOf(folder: string): Buffer {
  const config = readRunConfig(folder);
  if (!config) throw new RunFolderError(folder, 'no config.json', 'a run', 'Restore the file, or leave this run out.');
  const marks = marksOf(folder);
  const metrics = readMetrics(join(folder, 'metrics.jsonl'));
  const events: ScalarEvent[] = metrics.map(({ step, ...values }) => ({ step, wallTime: timeAt(marks, step), values }));
  for (const { step, at, speed } of marks)
    if (speed !== undefined) events.push({ step, wallTime: at, values: { [METRICS.stepsPerSecond]: speed } });
  const last = Math.max(0, marks.at(-1)?.step ?? 0, metrics.at(-1)?.step ?? 0);
  const final = finalValues(readResult(folder));
  if (Object.keys(final).length > 0) events.push({ step: last, wallTime: timeAt(marks, last), values: final });
  return eventFile(events, marks[0].at, madeWith(config, marks[0].at));
}
