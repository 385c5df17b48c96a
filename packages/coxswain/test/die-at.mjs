/**
 * Preloaded into a process that is to be killed: `DIE_AT="LINES MORE"` ends it, as kill -9 does, so many disk
 * operations after its metrics have so many lines; amid a write, half of it is done. Between two of them a kill leaves
 * the same on the disk whenever it comes.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { OPERATIONS } from './disk-operations.mjs';

const [lines, more] = (process.env.DIE_AT ?? '').split(' ').map(Number);
const { readFileSync } = fs;
/** @type {string | undefined} */
let metrics;
/** Operations that are still done, once there are so many lines. @type {number | undefined} */
let left;

const die = () => process.kill(process.pid, 'SIGKILL');
/** @param {string} path */
const linesOf = (path) => readFileSync(path, 'utf8').split('\n').length - 1;

for (const name of OPERATIONS) {
  const functions = /** @type {Record<string, (...args: any[]) => any>} */ (/** @type {unknown} */ (fs));
  const real = functions[name];
  functions[name] = (...args) => {
    if (left === 0) {
      if (name === 'writeSync') real(args[0], args[1], args[2], Math.floor(args[3] / 2), args[4]);
      die();
    }
    if (left !== undefined) left--;
    const result = real(...args);
    if (name === 'openSync' && String(args[0]).endsWith('metrics.jsonl')) metrics = args[0];
    if (left === undefined && metrics !== undefined && linesOf(metrics) >= lines) left = more;
    return result;
  };
}
syncBuiltinESMExports();
