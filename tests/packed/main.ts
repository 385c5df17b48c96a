/**
 * The program of a packed tests.mjs: each test file in a process of its own, as in vitest, so that none can break the
 * next.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { create } from 'webgpu';
import { HANGS_MS } from '../limit.ts';
import { type Outcome, runFile } from './run-file.ts';

/** What imports each test file, by its path in the repository. */
type Files = Readonly<Record<string, () => Promise<unknown>>>;

const USAGE = `usage: node tests.mjs [--only SUBSTRING] [--seconds N] [--shard I/N]
  --only SUBSTRING   the test files whose path contains it
  --seconds N        start no more files after so long
  --shard I/N        every Nth file from the Ith on, for N processes side by side`;

function fail(message: string, code: number): never {
  console.error(message);
  process.exit(code);
}

function readOptions() {
  try {
    const { values } = parseArgs({ options: { only: { type: 'string' }, seconds: { type: 'string' }, shard: { type: 'string' } } });
    const seconds = Number(values.seconds ?? Number.POSITIVE_INFINITY);
    const [, part, parts] = (/^(\d+)\/(\d+)$/.exec(values.shard ?? '1/1') ?? []).map(Number);
    if (!(seconds >= 0) || !(part >= 1 && part <= parts)) throw new Error('--seconds is a number, --shard is as 1/4');
    return { only: values.only ?? '', seconds, part, parts };
  } catch (error) {
    fail(`${(error as Error).message}\n${USAGE}`, 2);
  }
}

/**
 * Runs a file in a process of its own. Whatever ends that process before it has told its outcome is the file's failure.
 */
function inOwnProcess(name: string): Promise<Outcome> {
  const child = fork(fileURLToPath(import.meta.url), [name], {
    // The software driver is kept to one thread as in vitest.config.ts; other drivers do not look.
    env: { LP_NUM_THREADS: '0', NO_COLOR: '1', ...process.env },
    silent: true,
    // A shader that does not end would take every later test of its file to the limit of its own.
    timeout: HANGS_MS,
    killSignal: 'SIGKILL',
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text) => {
      printed = `${printed}${text}`.slice(-2000);
    });
  let outcome: Outcome | undefined;
  child.on('message', (told) => {
    outcome = told as Outcome;
    // There is nothing left to do in it, and a driver that hangs would not let it end.
    child.kill('SIGKILL');
  });
  return new Promise((resolve) =>
    child.on('close', (code, signal) => {
      const message = `the process ended with ${signal ?? code}\n${printed.trim()}`;
      resolve(outcome ?? { passed: 0, failed: 0, skipped: 0, failures: [{ where: name, message }] });
    }),
  );
}

async function adapterName(): Promise<string | undefined> {
  const adapter = await create([]).requestAdapter({ powerPreference: 'high-performance' });
  return adapter
    ? [adapter.info.vendor, adapter.info.architecture, adapter.info.device, adapter.info.description].filter(Boolean).join(' · ')
    : undefined;
}

async function runAll(files: Files): Promise<void> {
  const { only, seconds, part, parts } = readOptions();
  const matching = Object.keys(files).filter((name) => name.includes(only));
  if (!matching.length) fail(`no test file has ${only} in its path`, 2);
  const names = matching.filter((_, index) => index % parts === part - 1);
  const adapter = await adapterName();
  if (!adapter) fail('no WebGPU adapter', 1);
  console.log(`adapter: ${adapter}`);
  const started = performance.now();
  const ran = { passed: 0, failed: 0, skipped: 0 };
  const tests = { passed: 0, failed: 0, skipped: 0 };
  let leftOut = names.length;
  for (const name of names) {
    const begun = performance.now();
    if (begun - started >= seconds * 1000) break;
    const { failures, ...counts } = await inOwnProcess(name);
    const state = failures.length ? 'failed' : counts.passed ? 'passed' : 'skipped';
    leftOut--;
    ran[state]++;
    for (const key of ['passed', 'failed', 'skipped'] as const) tests[key] += counts[key];
    console.log(`${state.padEnd(7)} ${name} (${say(counts)}) ${(performance.now() - begun).toFixed(0)} ms`);
    for (const { where, message } of failures) console.log(`  ${where}\n${message.replace(/^/gm, '    ')}`);
  }
  const total = `files: ${say(ran)}, ${leftOut} left out; tests: ${say(tests)}`;
  console.log(`${total}; ${((performance.now() - started) / 1000).toFixed(1)} s`);
  process.exit(ran.failed ? 1 : 0);
}

const say = ({ passed, failed, skipped }: { passed: number; failed: number; skipped: number }): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;

export async function main(files: Files): Promise<void> {
  const [, , name] = process.argv;
  if (process.send && name in files) process.send(await runFile(name, files[name]));
  else await runAll(files);
}
