/**
 * The demo: internal RL and raw-action RL on the same frozen model, with the same episodes, live, then three analyses
 * of what was steered; or with --from-scratch all three phases. Everything it does is a `coxswain` command that it
 * prints.
 */

import fs from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from '@commander-js/extra-typings';
import { type ResultRow, readJson } from '@coxswain/lab';
import { gridMini } from '@coxswain/models';
import { main } from './command/main.js';
import { PHASES } from './lists.js';
import { outliveReaders } from './readers.js';
import { thisMachine } from './this-machine.js';

const options = new Command('npm run demo --')
  .description('Steer a frozen model from the inside.')
  .option('--from-scratch', 'train the sequence model and the metacontroller too (about an hour on two cores without a GPU)')
  .option('--updates <N>', 'updates of internal RL, 512 episodes each; raw-action RL gets as many episodes', '120')
  .option('--fresh', 'forget earlier demo runs in runs/demo instead of going on with them');

/** Episodes of an update, for both methods, so that they see equally many. */
const EPISODES = 512;
const TRAINED = fileURLToPath(new URL('..', gridMini.base.url));

async function command(...args: string[]): Promise<void> {
  process.stdout.write(`\n$ npm run coxswain -- ${args.join(' ')}\n`);
  const code = await main(args, PHASES, thisMachine);
  if (code !== 0) process.exit(code);
}

function rowsOf(folder: string): ResultRow[] {
  return (readJson(join(folder, 'result.json')) as { rows: ResultRow[] }).rows;
}

function table(rows: readonly ResultRow[]): string {
  const name = (row: ResultRow): string => (row.method === 'internal' ? 'internal RL (skills)' : 'raw-action RL (moves)');
  const lines = rows.map(
    (row) => `  ${name(row).padEnd(24)}${row.task.padEnd(10)}${String(row.episodes).padStart(10)}${row.success.toFixed(4).padStart(12)}`,
  );
  return [`  ${'method'.padEnd(24)}${'task'.padEnd(10)}${'episodes'.padStart(10)}${'success'.padStart(12)}`, ...lines, ''].join('\n');
}

async function demo(): Promise<void> {
  const { fromScratch, updates, fresh } = options.parse().opts();
  const started = performance.now();
  const out = fromScratch ? 'runs/demo-from-scratch' : 'runs/demo';
  if (fresh) fs.rmSync(out, { recursive: true, force: true });
  const trained = fromScratch ? out : relative(process.cwd(), TRAINED);
  const [base, controller] = [join(trained, 'base'), join(trained, 'controller')];
  if (fromScratch) {
    await command('pretrain', '--preset', 'grid-mini', '--seed', '1', '--out', base);
    await command('discover', '--preset', 'grid-mini', '--seed', '1', '--base', base, '--out', controller);
  }
  const [internal, raw] = [join(out, 'internal'), join(out, 'raw')];
  await command('reinforce', '--base', base, '--controller', controller, '--set', `internal.updates=${updates}`, '--out', internal);
  const same = ['--set', `raw.updates=${updates}`, '--set', `raw.episodesPerUpdate=${EPISODES}`];
  await command('reinforce', '--method', 'raw', '--base', base, ...same, '--out', raw);
  const models = ['--base', base, '--controller', controller];
  await command('analyse', 'probes', '--base', base, '--out', join(out, 'probes'));
  await command('analyse', 'switches', ...models, '--out', join(out, 'switches'));
  await command('analyse', 'injection', ...models, '--out', join(out, 'injection'));
  const report = join('report', fromScratch ? 'demo-from-scratch.html' : 'demo.html');
  await command('report', '--runs', out, '--out', report);
  const rows = [...rowsOf(internal), ...rowsOf(raw)];
  process.stdout.write(`
A sequence model that only ever saw tasks without 0→1, 1→2 or 2→3, and no reward, was frozen. Its new task is 0123,
rewarded once at the very end. Share of sampled episodes that solve it:

${table(rows)}
Took ${Math.round((performance.now() - started) / 1000)} s. Runs are in ${out}; the report is ${join(process.cwd(), report)}
`);
}

outliveReaders([process.stdout, process.stderr]);
await demo();
