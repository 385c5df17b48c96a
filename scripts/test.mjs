// `npm test`: sets the machine up, says how long the tests take here, runs them, and says what it did and what took
// longest. Arguments go to vitest.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setupOrExit } from './setup.mjs';
import { calibrate, expectation, machineOf, minutes, readRun, slowest, storeOf, storeRun } from './suite/duration.mjs';

const { adapter } = setupOrExit();
const machine = machineOf(String(adapter));
const asked = process.argv.slice(2);
const whole = asked.length === 0;
const reference = JSON.parse(readFileSync(join(root, 'scripts/suite/reference.json'), 'utf8'));
if (whole) console.log(expectation(readRun(storeOf(root), machine), reference, machine, calibrate));

const folder = mkdtempSync(join(tmpdir(), 'coxswain-test-'));
const results = join(folder, 'results.json');
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${results}`, ...asked];
const from = performance.now();
const { status, error } = spawnSync(process.execPath, [vitest, ...args], { cwd: root, stdio: 'inherit' });
const seconds = (performance.now() - from) / 1000;
if (error) throw error;

// Vitest leaves no file when it fails before it starts.
const text = existsSync(results)
  ? readFileSync(results, 'utf8')
  : '{"numPassedTests":0,"numFailedTests":0,"numPendingTests":0,"testResults":[]}';
rmSync(folder, { recursive: true, force: true });
const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(text);
const files = testResults.length;
if (whole && status === 0) storeRun(storeOf(root), { machine, seconds, files, when: new Date().toISOString() });

const lines = slowest(testResults, root, 10);
if (lines.length > 0) console.log(`The ${lines.length} slowest tests:\n${lines.join('\n')}`);
console.log(
  `test: set the machine up and ran ${files} test files in ${minutes(seconds)} on ${adapter}: ${status === 0 ? 'all is well' : 'something failed, see above'}.`,
);
console.log(`${numPassedTests} passed, ${numFailedTests} failed${numPendingTests ? `, ${numPendingTests} skipped` : ''}`);
process.exit(status ?? 1);
