/**
 * Every public operation on arguments drawn at random: legal ones, of odd shapes, without elements, with NaN,
 * infinities, zeros of both signs, denormals and huge numbers, give what the float64 reference gives; wrong ones that
 * or a typed error. Gradients agree with differences of the reference. In both families. Compiling is most of it:
 * `PROPERTY_CASES=10000 npm run test:unit -- packages/tensor/test/properties.test.ts` takes over eight minutes on
 * llvmpipe, and one where its cache on disk has the shaders.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { Device } from '../src/index.js';
import { requestDevice } from '../src/node.js';
import * as ops from '../src/ops/index.js';
import { checkLegal, checkMistake } from './properties/check.js';
import { Draw, type Wildness } from './properties/draw.js';
import { release } from './properties/host.js';
import { notOperations, rows } from './properties/index.js';

/** Cases of all operations and both families together. */
const CASES = Number(process.env.PROPERTY_CASES ?? 2500);
const SEED = 24;
/** Cases that a failure is made smaller by at most. */
const SHRINKS = 300;
/** One case in so many is a mistake. */
const MISTAKES = 3;

const FAMILIES = ['software', 'gpu'] as const;
const WILDNESS: readonly Wildness[] = ['plain', 'special', 'huge'];
const operations = Object.entries(ops)
  .filter(([, value]) => typeof value === 'function')
  .map(([name]) => name)
  .filter((name) => !(name in notOperations));

test('every public operation has a row, and every row its operation', () => {
  expect(operations.filter((name) => !(name in rows))).toEqual([]);
  expect(Object.keys(rows).filter((name) => !operations.includes(name))).toEqual([]);
});

const devices: Device[] = [];
const counts = { legal: 0, mistakes: 0 };
afterAll(() => {
  console.info(
    `properties: ${counts.legal} legal cases and ${counts.mistakes} mistakes over ${operations.length} operations, two families`,
  );
  for (const device of devices) device.close();
});

const runs = Math.ceil(CASES / (FAMILIES.length * operations.length));

describe.each(FAMILIES)('%s', (family) => {
  const device = requestDevice({ family }).then((ours) => {
    devices.push(ours);
    return ours;
  });
  test.each(Object.keys(rows))('%s', async (name) => {
    const ours = await device;
    let tried = 0;
    const property = fc.asyncProperty(fc.gen(), async (gen) => {
      // What is tried beyond the cases makes a failure smaller.
      if (tried++ >= runs + SHRINKS) return;
      const draw = new Draw(gen, WILDNESS[gen(fc.nat, { max: WILDNESS.length - 1 })]);
      const mistake = draw.integer(1, MISTAKES) === MISTAKES;
      counts[mistake ? 'mistakes' : 'legal']++;
      try {
        await (mistake ? checkMistake : checkLegal)(ours, rows[name], draw);
      } finally {
        release();
      }
    });
    // Unbiased: what is drawn often is said by `Draw`; small numbers first would draw few mistakes.
    const found = await fc.check(property, { numRuns: runs, seed: SEED, unbiased: true });
    if (found.failed) throw found.errorInstance;
    expect(ours.live).toBe(0);
  });
});
