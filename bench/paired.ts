/**
 * Ours against an earlier checkout of ours, each in a process of its own: both make the same row ready, then are timed
 * in turns. New processes each round: where their memory lies is worth several per cent.
 *   node scripts/run.mjs bench/paired.ts FOLDER [--filter PART] [--rounds N] [--samples N] [--family gpu] [--json FILE]
 * A round's ratio is the earlier time over the present one, the median of its pairs: above 1 is faster now. A row's is
 * the median of its rounds. Processor time is that of all threads of a process. A row that the earlier checkout lacks
 * is left out.
 */
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { geometricMean, quantile } from './src/summary.js';

const usage =
  'usage: node scripts/run.mjs bench/paired.ts FOLDER [--filter PART] [--rounds N] [--samples N] [--family gpu|software] [--json FILE]';
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    filter: { type: 'string' },
    rounds: { type: 'string' },
    samples: { type: 'string' },
    family: { type: 'string' },
    json: { type: 'string' },
  },
});
const [rounds, samples] = [Number(values.rounds ?? 5), Number(values.samples ?? 12)];
if (positionals.length !== 1 || ![rounds, samples].every((count) => Number.isInteger(count) && count > 0)) {
  console.error(usage);
  process.exit(2);
}
/** A sample repeats the work until it lasts about this long, ms. */
const SAMPLE_MS = 40;
/** What one side of a row is given before it goes on with fewer samples, ms. */
const BUDGET_MS = 15_000;
const LEAST_SAMPLES = 5;

interface Side {
  readonly ready: Promise<unknown>;
  ask<Answer>(ask: string, argument?: string | number): Promise<Answer>;
  close(): void;
}

function start(checkout: string): Side {
  const child = fork(join(import.meta.dirname, 'paired-worker.mjs'), values.family ? [values.family] : [], {
    cwd: resolve(checkout),
    execArgv: ['--conditions=source', '--import', 'tsx', '--import', join(resolve(checkout), 'scripts', 'register-wgsl.mjs')],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const answer = <Answer>(): Promise<Answer> =>
    new Promise((done, failed) => {
      const ended = () => failed(new Error(`the process of ${checkout} has ended`));
      child.once('exit', ended);
      child.once('message', (message: { readonly answer: Answer; readonly failed?: string }) => {
        child.off('exit', ended);
        if (message.failed) failed(new Error(`${checkout}: ${message.failed}`));
        else done(message.answer);
      });
    });
  return {
    ready: answer(),
    ask: (ask, argument) => {
      const answered = answer<never>();
      child.send({ ask, argument });
      return answered;
    },
    close: () => child.disconnect(),
  };
}

const median = (numbers: readonly number[]): number => quantile(numbers, 0.5);
const CLOCKS = ['processor', 'wall'] as const;
type Times = Record<(typeof CLOCKS)[number], number>;
const places = { before: positionals[0], now: '.' };

/** Does a thing with new processes of both. */
async function withSides<Result>(act: (before: Side, now: Side) => Promise<Result>): Promise<Result> {
  const [before, now] = [start(places.before), start(places.now)];
  try {
    await before.ready;
    await now.ready;
    return await act(before, now);
  } finally {
    before.close();
    now.close();
  }
}

/** Ratios of one row in a round of new processes. */
const round = (name: string): Promise<Times> =>
  withSides(async (before, now) => {
    for (const side of [before, now]) await side.ask('prepare', name);
    const { wall } = await before.ask<Times>('sample', 1);
    const repeats = Math.max(1, Math.round(SAMPLE_MS / wall));
    const ratios: Record<keyof Times, number[]> = { processor: [], wall: [] };
    let spent = 0;
    for (let i = 0; i < samples && (spent < BUDGET_MS || i < LEAST_SAMPLES); i++) {
      const taken = new Map<Side, Times>();
      // Which of the two comes first changes from pair to pair.
      for (const side of i % 2 ? [now, before] : [before, now]) taken.set(side, await side.ask<Times>('sample', repeats));
      const [earlier, present] = [taken.get(before) as Times, taken.get(now) as Times];
      for (const clock of CLOCKS) ratios[clock].push(earlier[clock] / present[clock]);
      spent += earlier.wall * repeats;
    }
    return { processor: median(ratios.processor), wall: median(ratios.wall) };
  });

/** A ratio's median, and that of each round. */
interface Measured {
  readonly median: number;
  readonly rounds: readonly number[];
}

const { adapter, names } = await withSides(async (before, now) => {
  const known = new Set(await before.ask<string[]>('rows'));
  const both = (await now.ask<string[]>('rows')).filter((name) => known.has(name) && name.includes(values.filter ?? ''));
  return { adapter: await now.ask<string>('adapter'), names: both };
});
const rows: { readonly name: string; readonly processor: Measured; readonly wall: Measured }[] = [];
console.log(`${adapter}\nprocessor time: median (rounds)   wall: median (rounds)   row`);
for (const name of names) {
  const measured: Times[] = [];
  for (let i = 0; i < rounds; i++) measured.push(await round(name));
  const summary = (clock: keyof Times): Measured => {
    const all = measured.map((one) => one[clock]).sort((a, b) => a - b);
    return { median: median(all), rounds: all };
  };
  const row = { name, processor: summary('processor'), wall: summary('wall') };
  rows.push(row);
  const cell = ({ median: middle, rounds: all }: Measured): string =>
    `${middle.toFixed(3)} (${all.map((one) => one.toFixed(2)).join(' ')})`;
  console.log(`${cell(row.processor)}   ${cell(row.wall)}   ${name}`);
}
const mean = (clock: keyof Times): string => geometricMean(rows.map((row) => row[clock].median)).toFixed(3);
console.log(`geometric mean of ${rows.length} rows: ${mean('processor')} by processor time, ${mean('wall')} by the wall clock`);
if (values.json) {
  const command = `node scripts/run.mjs bench/paired.ts ${process.argv.slice(2).join(' ')}`;
  writeFileSync(values.json, `${JSON.stringify({ adapter, command, rows }, null, 1)}\n`);
}
