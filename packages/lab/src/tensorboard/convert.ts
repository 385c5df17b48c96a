/** A run folder's metrics as TensorBoard's events. */
import fs from 'node:fs';
import { join } from 'node:path';
import { readLines, readMetrics } from '../run/metrics.js';
import { eventFile } from './events.js';

type Mark = { readonly step: number; readonly at: number };

/**
 * When each saved step was done: `timing.jsonl` counts the seconds of each process, `environment.jsonl` says when each began. Steps after
 * which a process was killed are done twice; the later time stands.
 */
function marksOf(folder: string): Mark[] {
  const starts = readLines<{ started: string }>(join(folder, 'environment.jsonl')).map(({ started }) => Date.parse(started) / 1000);
  const [config] = [fs.statSync(join(folder, 'config.json')).mtimeMs / 1000];
  const marks: Mark[] = [];
  let process = 0;
  let last = -1;
  for (const { step, seconds } of readLines<{ step: number; seconds: number }>(join(folder, 'timing.jsonl'))) {
    if (seconds < last) process++;
    last = seconds;
    while (marks.length > 0 && (marks.at(-1) as Mark).step >= step) marks.pop();
    marks.push({ step, at: (starts[process] ?? config) + seconds });
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

/** The event file of a run, as it stands now. */
export function eventsOf(folder: string): Buffer {
  const marks = marksOf(folder);
  const events = readMetrics(join(folder, 'metrics.jsonl')).map(({ step, ...values }) => ({ step, wallTime: timeAt(marks, step), values }));
  return eventFile(events, marks[0].at);
}
