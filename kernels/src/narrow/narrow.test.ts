import { describe, expect, test } from 'vitest';
import { packHalf, unpackHalf } from '../half.js';
import { randomNormal, runKernel, testDevice } from '../testing/harness.js';
import { narrow } from './index.js';

const { traits } = await testDevice();

describe.runIf(traits.f16)('narrow', () => {
  const run = async (x: Float32Array) => {
    // Bits of a NaN in each half, so that a place that is not written shows.
    const { out } = await runKernel(narrow, { count: x.length }, { x, out: new Uint32Array(x.length / 2).fill(0x7e007e00) });
    return new Uint32Array(out.buffer);
  };

  test.each([4, 60, 1024, 4100])('%i elements, the bits of the host’s own conversion', async (count) => {
    const x = randomNormal(count, count);
    expect(await run(x)).toEqual(packHalf(x));
  });

  test('what is tiny, huge or no number', async () => {
    const x = Float32Array.of(0, -0, 2 ** -24, 2 ** -14, 65504, 65519, 1 + 2 ** -11, 1 + 3 * 2 ** -11);
    expect(await run(x)).toEqual(packHalf(x));
    const [large, negative, none, one] = unpackHalf(await run(Float32Array.of(1e6, -1e6, Number.NaN, 1)));
    expect([large, negative, one]).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1]);
    expect(none).toBeNaN();
  });
});
