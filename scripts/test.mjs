// `npm test`: sets the machine up, runs the tests, and says what it did. Arguments go to vitest.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setupOrExit } from './setup.mjs';

const { adapter } = setupOrExit();
const folder = mkdtempSync(join(tmpdir(), 'coxswain-test-'));
const results = join(folder, 'results.json');
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${results}`, ...process.argv.slice(2)];
const { status, error } = spawnSync(process.execPath, [vitest, ...args], { cwd: root, stdio: 'inherit' });
if (error) throw error;

// Vitest leaves no file when it fails before it starts.
const text = existsSync(results)
  ? readFileSync(results, 'utf8')
  : '{"numPassedTests":0,"numFailedTests":0,"numPendingTests":0,"testResults":[]}';
rmSync(folder, { recursive: true, force: true });
const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(text);
console.log(
  `test: set the machine up and ran ${testResults.length} test files on ${adapter}: ${status === 0 ? 'all is well' : 'something failed, see above'}.`,
);
console.log(`${numPassedTests} passed, ${numFailedTests} failed${numPendingTests ? `, ${numPendingTests} skipped` : ''}`);
process.exit(status ?? 1);
