import { describe, expect, test } from 'vitest';
import { f32, readGolden } from '../testing/golden.js';
import { poison, randomNormal, relativeError, runKernel } from '../testing/harness.js';
import { type RgLruShape, rgLruBackward, rgLruForward } from './index.js';
import { type RgLruInputs, rgLruBackwardReference, rgLruReference } from './reference.js';

type Inputs = { readonly [name in keyof RgLruInputs]: Float32Array };

/** r and i of each step side by side. */
const beside = (r: Float32Array, i: Float32Array, width: number): Float32Array =>
  Float32Array.from({ length: 2 * r.length }, (_, at) => {
    const step = Math.floor(at / (2 * width)) * width;
    const inside = at % (2 * width);
    return inside < width ? r[step + inside] : i[step + inside - width];
  });
const part = (gates: Float32Array, which: 0 | 1, width: number): Float32Array =>
  gates.filter((_, at) => Math.floor((at % (2 * width)) / width) === which);

async function run(shape: RgLruShape, inputs: Inputs, dh: Float32Array, family: 'software' | 'gpu') {
  const { batch, time, width } = shape;
  const size = batch * time * width;
  const { x, r, i, lambda, h0 } = inputs;
  const given = { x, gates: beside(r, i, width), lambda, h0 };
  const { h } = await runKernel(rgLruForward, shape, { ...given, h: poison(size) }, { family });
  const outputs = { dx: poison(size), dgates: poison(2 * size), dlambda: poison(batch * width), dh0: poison(batch * width) };
  const { dx, dgates, dlambda: ofRows, dh0 } = await runKernel(rgLruBackward, shape, { ...given, h, dh, ...outputs }, { family });
  const dlambda = new Float64Array(width);
  for (let at = 0; at < batch * width; at++) dlambda[at % width] += ofRows[at];
  return { h, gradients: { dx, dr: part(dgates, 0, width), di: part(dgates, 1, width), dlambda, dh0 } };
}

describe.each(['software', 'gpu'] as const)('%s', (family) => {
  test.each([
    { batch: 1, time: 1, width: 1, initial: 0 },
    { batch: 3, time: 17, width: 5, initial: 1 },
    { batch: 5, time: 9, width: 64, initial: 1 },
    { batch: 2, time: 70, width: 12, initial: 0 },
  ])('$batch × $time × $width, h0 $initial', async (shape) => {
    const { batch, time, width, initial } = shape;
    const [x, r, i, dh] = [1, 2, 3, 4].map((seed) => randomNormal(batch * time * width, seed, seed === 2 ? 3 : 1));
    const inputs = { x, r, i, lambda: randomNormal(width, 5, 4), h0: initial ? randomNormal(batch * width, 6) : new Float32Array(4) };
    const { h, gradients } = await run(shape, inputs, dh, family);
    expect(relativeError(h, rgLruReference(shape, inputs))).toBeLessThan(1e-5);
    const right = rgLruBackwardReference(shape, inputs, dh);
    for (const name of Object.keys(right) as (keyof typeof right)[])
      expect(relativeError(gradients[name], right[name]), name).toBeLessThan(1e-4);
  });

  test('gates that are shut keep the state, and everything stays finite', async () => {
    const shape = { batch: 2, time: 4, width: 4, initial: 1 };
    const whole = (value: number) => new Float32Array(32).fill(value);
    const shut = { x: whole(1e4), r: whole(-90), i: whole(1), lambda: new Float32Array(4).fill(-30), h0: randomNormal(8, 1) };
    const { h, gradients } = await run(shape, shut, whole(1), family);
    for (let t = 0; t < 4; t++) expect(relativeError(h.subarray(4 * t, 4 * t + 4), shut.h0.subarray(0, 4))).toBeLessThan(1e-2);
    for (const gradient of Object.values(gradients)) expect(gradient.every(Number.isFinite)).toBe(true);
  });

  test('NaN arrives in its channel from its step on and in the gradients; gates at infinity open and shut', async () => {
    const shape = { batch: 1, time: 4, width: 4, initial: 1 };
    const [x, r, i] = [1, 2, 3].map((seed) => randomNormal(16, seed));
    const inputs = { x, r, i, lambda: Float32Array.of(0, 0, 0, Number.NaN), h0: randomNormal(4, 4) };
    r[4] = Number.NaN;
    r[1] = Number.NEGATIVE_INFINITY;
    i[6] = Number.POSITIVE_INFINITY;
    const { h, gradients } = await run(shape, inputs, new Float32Array(16).fill(1), family);
    const right = rgLruReference(shape, inputs);
    for (let at = 0; at < 16; at++) {
      if (Number.isFinite(right[at])) expect(h[at]).toBeCloseTo(right[at], 5);
      else expect(h[at]).toBe(right[at]);
    }
    expect([h[1], h[4], h[3]]).toEqual([inputs.h0[1], Number.NaN, Number.NaN]);
    expect([gradients.dr[4], gradients.dh0[0], gradients.dlambda[3]]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(Number.isFinite(gradients.dh0[2])).toBe(true);
  });

  test.each(['rg_lru', 'odd/rg_lru'])('golden %s agrees with PyTorch', async (file) => {
    const golden = readGolden(file);
    const [batch, time, width] = golden.x.shape;
    const inputs = { x: f32(golden.x), r: f32(golden.r), i: f32(golden.i), lambda: f32(golden.lam), h0: f32(golden.h0) };
    const { h, gradients } = await run({ batch, time, width, initial: 1 }, inputs, f32(golden.dy), family);
    expect(relativeError(h, golden.h.data)).toBeLessThan(1e-5);
    const right = { dx: golden.dx, dr: golden.dr, di: golden.di, dlambda: golden.dlam, dh0: golden.dh0 };
    for (const name of Object.keys(right) as (keyof typeof right)[])
      expect(relativeError(gradients[name], right[name].data), name).toBeLessThan(1e-4);
  });
});
