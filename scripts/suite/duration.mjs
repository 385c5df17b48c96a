// How long `npm test` takes: what the last whole run on this machine took, or a projection from another machine's; and
// what took longest.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join, relative } from 'node:path';

/**
 * @typedef {{ processor: string, cores: number, adapter: string }} Machine
 * @typedef {{ machine: Machine, seconds: number, files: number, when: string }} WholeRun
 * @typedef {WholeRun & { calibration: number }} Reference `calibration`: what `calibrate` gave there, in seconds.
 * @typedef {{ name: string, assertionResults: { fullName: string, duration?: number | null }[] }} FileResult
 */

/** @param {string} root of the repository */
export const storeOf = (root) => join(root, 'node_modules/.cache/coxswain/suite.json');

/** @param {string} adapter @returns {Machine} */
export const machineOf = (adapter) => ({ processor: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism(), adapter });

/**
 * @param {string} path
 * @param {Machine} machine
 * @returns {WholeRun | undefined} the last whole run of this very machine
 */
export function readRun(path, machine) {
  try {
    const run = JSON.parse(readFileSync(path, 'utf8'));
    return JSON.stringify(run.machine) === JSON.stringify(machine) && run.seconds > 0 ? run : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} path @param {WholeRun} run */
export function storeRun(path, run) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(run, null, 2)}\n`);
}

/** @param {number} seconds */
export const minutes = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : `${(seconds / 60).toFixed(seconds < 600 ? 1 : 0)} min`);

const SIZE = 160;
const ROUNDS = 80;

/**
 * Seconds that one core takes for products of matrices in plain JavaScript, about one where nothing else is done; more
 * on a busy machine.
 */
export function calibrate() {
  const [a, b, c] = [1, 2, 0].map((fill) => new Float64Array(SIZE * SIZE).fill(fill));
  const from = performance.now();
  for (let round = 0; round < ROUNDS; round++)
    for (let i = 0; i < SIZE; i++)
      for (let j = 0; j < SIZE; j++) {
        let sum = 0;
        for (let k = 0; k < SIZE; k++) sum += a[i * SIZE + k] * b[k * SIZE + j];
        c[i * SIZE + j] += sum;
      }
  return (performance.now() - from) / 1000;
}

/** Test files that vitest.config.ts runs side by side. @param {Machine} machine */
const workers = ({ cores }) => Math.min(4, cores);

/**
 * What is known of how long the suite takes here, in a sentence that says where from.
 * @param {WholeRun | undefined} stored @param {Reference} reference @param {Machine} machine @param {() => number}
 * measure
 */
export function expectation(stored, reference, machine, measure) {
  if (stored)
    return `test: the last whole run on this machine, of ${stored.files} files on ${stored.when.slice(0, 10)}, took ${minutes(stored.seconds)}.`;
  const slower = measure() / reference.calibration;
  const seconds = (reference.seconds * slower * workers(reference.machine)) / workers(machine);
  const { processor, cores, adapter } = reference.machine;
  return (
    `test: about ${minutes(seconds)}, perhaps twice that: no whole run on this machine is stored. Projected from ${minutes(reference.seconds)} on ` +
    `${cores} cores of ${processor} (${adapter}), as one core here now takes ${slower.toFixed(2)} times as long as there for products of matrices.`
  );
}

/**
 * The tests that took longest, a line each.
 * @param {readonly FileResult[]} files
 * @param {string} root
 * @param {number} count
 */
export function slowest(files, root, count) {
  return files
    .flatMap(({ name, assertionResults }) =>
      assertionResults.map(({ fullName, duration }) => ({ name, fullName, seconds: (duration ?? 0) / 1000 })),
    )
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, count)
    .map(({ name, fullName, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${fullName}  (${relative(root, name)})`);
}
