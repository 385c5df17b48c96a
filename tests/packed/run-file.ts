/** Runs one test file in this process. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startTests, type Task, type VitestRunnerConfig } from '@vitest/runner';
import { getFullName, getTasks, getTests } from '@vitest/runner/utils';
import { HANGS_MS } from '../limit.ts';

export interface Failure {
  readonly where: string;
  readonly message: string;
}

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Of tests, of hooks and of what belongs to neither. */
  readonly failures: readonly Failure[];
}

/** Times as in vitest.config.ts; the rest is what vitest does by default. */
const config: VitestRunnerConfig = {
  ...{ testTimeout: HANGS_MS, hookTimeout: HANGS_MS, retry: 0, maxConcurrency: 5, chaiConfig: undefined },
  ...{ sequence: { seed: 0, hooks: 'stack', setupFiles: 'list' }, setupFiles: [], includeTaskLocation: false },
  ...{ root: '/', name: undefined, testNamePattern: undefined, passWithNoTests: false, allowOnly: false },
  ...{ tags: [], tagsFilter: undefined, strictTags: true },
};

/** The longest message that is worth a reader's time, in lines. */
const MOST_LINES = 15;

const bundle = readFileSync(fileURLToPath(import.meta.url), 'utf8').split('\n');

/**
 * The innermost line of our own in a stack, and what stands there. Above each module a comment of the bundler has its
 * path.
 */
function lineOf(stack: string): string | undefined {
  for (const [place, number] of stack.matchAll(/tests\.mjs:(\d+)/g)) {
    const comment = bundle.slice(0, Number(number)).findLast((line) => /^\s*\/\/ \S+\.\w+$/.test(line));
    const path = comment?.trim().slice('// '.length);
    if (path && /^(kernels|packages)\//.test(path)) return `at ${path} (${place}): ${bundle[Number(number) - 1].trim()}`;
  }
  return undefined;
}

/** What an error says, and the line that it comes from. */
function describeError({ name, message, diff, stack }: { name?: string; message: string; diff?: string; stack?: string }): string {
  const lines = `${name ?? 'Error'}: ${message}${diff ? `\n${diff}` : ''}`.split('\n').slice(0, MOST_LINES);
  const line = lineOf(stack ?? '');
  return [...lines, ...(line ? [line] : [])].join('\n');
}

const failuresOf = (task: Task): Failure[] =>
  task.result?.state === 'fail'
    ? (task.result.errors ?? []).map((error) => ({ where: getFullName(task), message: describeError(error) }))
    : [];

/** @param load imports the file, which says what its tests are. */
export async function runFile(name: string, load: () => Promise<unknown>): Promise<Outcome> {
  const failures: Failure[] = [];
  process.on('uncaughtException', (thrown: unknown) => {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    failures.push({ where: `${name} > outside its tests`, message: describeError(error) });
  });
  const files = await startTests([`/${name}`], { config, importFile: load });
  // Node tells of rejections that nobody handled once the turn is over.
  await new Promise((turn) => setImmediate(turn));
  failures.unshift(...files.flatMap((file) => [file, ...getTasks(file.tasks)]).flatMap(failuresOf));
  const states = getTests(files).map(({ mode, result }) => (mode === 'run' ? result?.state : 'skip'));
  const count = (state: string): number => states.filter((own) => own === state).length;
  const [passed, failed] = [count('pass'), count('fail')];
  return { passed, failed, skipped: states.length - passed - failed, failures };
}
