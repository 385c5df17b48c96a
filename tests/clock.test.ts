/**
 * The tests do not know the time: on a machine that is fifty times slower they pass too. What this finds is found by
 * the words, in test files and what they share; a wait that is hidden behind a function of another name it does not
 * see.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** What is not to be in a test, and what to do instead. */
const RULES: readonly (readonly [RegExp, string])[] = [
  [/\b(?:test|hook|teardown)?timeout\s*:(?!\s*HANGS_MS\b)/gi, 'a limit of its own: leave it to HANGS_MS'],
  [/\}\s*,\s*(?:\d[\d_]{3,}|[A-Z][A-Z\d_]*)\s*,?\s*\);/g, 'a limit of its own, as the last argument: leave it to HANGS_MS'],
  [/\b(?:vi\.)?setConfig\s*\(|AbortSignal\.timeout|interruptAfterTimeLimit/g, 'a limit of its own: leave it to HANGS_MS'],
  [/\bvi\.wait(?:For|Until)\b|\bexpect\.poll\b/g, 'a wait that gives up after a second: wait for the event, or use `until`'],
  [
    /\bsetTimeout\b|\bnode:timers\/promises\b|\bAtomics\.wait\s*\(|\bsleep\s+\d/g,
    'a wait for some milliseconds: wait for the event, or use `until`',
  ],
  [
    /\bfor\s*\(\s*(?:let|var)\s[^;]*;[^;]*<[^;]*;[^{;]*\{(?:[^}]|\}(?!\n)){0,400}?\b(?:setImmediate|nextTick|turn\(\))/g,
    'a fixed number of polls: wait for the event, or use `until`',
  ],
  [/(?<!\bnow: \(\) => )(?:performance|Date)\.now\s*\(|\bhrtime\b/g, 'measured time: assert what happened, not when'],
];

/** Where one of these words has its place. */
const EXEMPT: Readonly<Record<string, string>> = {
  'tests/clock.test.ts': 'names what it looks for',
  'tests/packed/main.ts': 'a program, which prints how long each file took',
  'packages/coxswain/test/waiting.ts': '`until` itself, which polls without end',
};

interface Finding {
  readonly line: number;
  readonly found: string;
  readonly why: string;
}

/** Lines that are comments alone, emptied. */
const withoutComments = (text: string): string => text.replace(/^[ \t]*(?:\/\/|\/?\*).*$/gm, '');

function findingsIn(text: string): Finding[] {
  const code = withoutComments(text);
  return RULES.flatMap(([pattern, why]) =>
    [...code.matchAll(pattern)].map(({ 0: found, index }) => ({
      line: code.slice(0, index + found.length).split('\n').length,
      found: found.replace(/\s+/g, ' ').slice(-60),
      why,
    })),
  );
}

/** Test files, what lies in a folder for tests, and the configuration. */
function testFiles(): string[] {
  const rooms = ['kernels', 'bench', 'examples', 'packages', 'tests'].flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name))),
  );
  const isTest = (path: string): boolean => /\.test\.ts$|^tests\/|\/(?:test|testing)\//.test(path) && /\.(?:ts|mjs)$/.test(path);
  return ['vitest.config.ts', ...rooms.filter((path) => isTest(path) && !/(?:^|\/)(?:node_modules|dist)\//.test(path))];
}

it.each([
  "it('waits', { timeout: 120_000 }, async () => {});",
  'testTimeout: 60_000,',
  "spawn('node', [], { timeout: 300_000 });",
  "it('waits', async () => {\n  await run();\n}, 120_000);",
  'beforeAll(async () => {\n  await run();\n}, LONGEST);',
  "it(\n  'waits',\n  async () => {},\n  330_000,\n);",
  'await new Promise((resume) => setTimeout(resume, 5));',
  "import { setTimeout as sleep } from 'node:timers/promises';",
  "execFileSync('sh', ['-c', 'sleep 2']);",
  'for (let i = 0; i < 1000; i++) {\n  if (done()) return;\n  await new Promise((turn) => setImmediate(turn));\n}',
  'await vi.waitFor(() => done());',
  'expect(performance.now() - before).toBeLessThan(3000);',
  'const random = new HostRandom(Date.now() % 2 ** 31);',
  'signal: AbortSignal.timeout(1000)',
])('finds %j', (text) => {
  expect(findingsIn(text)).not.toEqual([]);
});

it.each([
  'now: () => performance.now(),',
  'testTimeout: HANGS_MS,',
  'expect(row).toEqual({ a: 1 }, 3);',
  '// It waits no longer than setTimeout would.',
  'await until(() => done(), child);',
  'for (let i = 0; i < 3; i++) {\n  values.push(i);\n}\nawait new Promise((turn) => setImmediate(turn));',
])('lets %j be', (text) => {
  expect(findingsIn(text)).toEqual([]);
});

it('no test waits for a time, counts its polls, measures, or has a limit of its own', () => {
  const files = testFiles();
  expect(files.length).toBeGreaterThan(150);
  expect(Object.keys(EXEMPT).filter((path) => !files.includes(path))).toEqual([]);
  const found = files
    .filter((path) => !(path in EXEMPT))
    .flatMap((path) =>
      findingsIn(readFileSync(join(root, path), 'utf8')).map(({ line, found, why }) => `${path}:${line}: ${found}: ${why}`),
    );
  expect(found).toEqual([]);
});
