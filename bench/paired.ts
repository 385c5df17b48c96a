/**
 * Ours against an earlier checkout of ours, each in a process of its own: both make the same row ready, then are timed in turns, so that
 * whatever else the machine does meets both alike. New processes each round: where their memory lies is worth several per cent.
 *   node bench/paired.mjs FOLDER [--filter PART] [--rounds N] [--samples N] [--family gpu] [--json FILE]
 * A round's ratio is the earlier time over the present one, by the median of its pairs of samples: above 1 is faster now. A row's is the median
 * of its rounds. Processor time is that of all threads of a process, the driver's too. A row that the earlier checkout lacks is left out.
 */
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const usage = 'usage: node bench/paired.mjs FOLDER [--filter PART] [--rounds N] [--samples N] [--family gpu|software] [--json FILE]';
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(['filter', 'rounds', 'samples', 'family', 'json'].map((name) => [name, { type: 'string' }])),
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

function start(checkout) {
  const child = fork(join(import.meta.dirname, 'paired-worker.mjs'), values.family ? [values.family] : [], {
    cwd: resolve(checkout),
    execArgv: ['--conditions=source', '--import', 'tsx', '--import', join(resolve(checkout), 'scripts', 'register-wgsl.mjs')],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const answer = () =>
    new Promise((done, failed) => {
      const ended = () => failed(new Error(`the process of ${checkout} has ended`));
      child.once('exit', ended);
      child.once('message', (message) => {
        child.off('exit', ended);
        if (message.failed) failed(new Error(`${checkout}: ${message.failed}`));
        else done(message.answer);
      });
    });
  const ready = answer();
  return {
    ready,
    ask: (ask, argument) => {
      const answered = answer();
      child.send({ ask, argument });
      return answered;
    },
    close: () => child.disconnect(),
  };
}

const quantile = (numbers, q) => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  return sorted[Math.floor(at)] + (at % 1) * ((sorted[Math.ceil(at)] ?? 0) - sorted[Math.floor(at)]);
};
const median = (numbers) => quantile(numbers, 0.5);
const places = { before: positionals[0], now: '.' };

/** Ratios of one row in a round of new processes. @param name undefined: the names of the rows that both have, instead. */
async function round(name) {
  const sides = { before: start(places.before), now: start(places.now) };
  try {
    for (const side of Object.values(sides)) await side.ready;
    if (name === undefined) {
      const known = new Set(await sides.before.ask('rows'));
      return (await sides.now.ask('rows')).filter((one) => known.has(one));
    }
    for (const side of Object.values(sides)) await side.ask('prepare', name);
    const { wall } = await sides.before.ask('sample', 1);
    const repeats = Math.max(1, Math.round(SAMPLE_MS / wall));
    const ratios = { processor: [], wall: [] };
    let spent = 0;
    for (let i = 0; i < samples && (spent < BUDGET_MS || i < LEAST_SAMPLES); i++) {
      const taken = {};
      // Which of the two comes first changes from pair to pair.
      for (const side of i % 2 ? ['now', 'before'] : ['before', 'now']) taken[side] = await sides[side].ask('sample', repeats);
      for (const clock of ['processor', 'wall']) ratios[clock].push(taken.before[clock] / taken.now[clock]);
      spent += taken.before.wall * repeats;
    }
    return { processor: median(ratios.processor), wall: median(ratios.wall) };
  } finally {
    for (const side of Object.values(sides)) side.close();
  }
}

const names = (await round()).filter((name) => name.includes(values.filter ?? ''));
const rows = [];
console.log('processor time: median (rounds)   wall: median (rounds)   row');
for (const name of names) {
  const measured = [];
  for (let i = 0; i < rounds; i++) measured.push(await round(name));
  const row = { name };
  for (const clock of ['processor', 'wall']) {
    const all = measured.map((one) => one[clock]).sort((a, b) => a - b);
    row[clock] = { median: median(all), rounds: all };
  }
  rows.push(row);
  const cell = ({ median: middle, rounds: all }) => `${middle.toFixed(3)} (${all.map((one) => one.toFixed(2)).join(' ')})`;
  console.log(`${cell(row.processor)}   ${cell(row.wall)}   ${name}`);
}
const mean = (clock) => Math.exp(rows.reduce((sum, row) => sum + Math.log(row[clock].median), 0) / rows.length).toFixed(3);
console.log(`geometric mean of ${rows.length} rows: ${mean('processor')} by processor time, ${mean('wall')} by the wall clock`);
if (values.json) writeFileSync(values.json, `${JSON.stringify({ command: process.argv.slice(2).join(' '), rows }, null, 1)}\n`);
