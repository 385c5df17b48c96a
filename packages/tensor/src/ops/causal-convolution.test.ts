import { causalConvolutionBackwardReference, causalConvolutionReference } from '@coxswain/kernels';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { f32, readGolden } from '../../../../kernels/src/testing/golden.js';
import { randomNormal, relativeError } from '../../../../kernels/src/testing/harness.js';
import { backward } from '../autograd.js';
import type { Device } from '../device.js';
import { ShapeError } from '../errors.js';
import { requestDevice } from '../node.js';
import { sizeOf, type Tensor } from '../tensor.js';
import { causalConvolution, causalConvolutionStep } from './causal-convolution.js';

describe.each(['software', 'gpu'] as const)('a causal convolution on %s', (family) => {
  let device: Device;
  beforeAll(async () => {
    device = await requestDevice({ family });
  });
  afterAll(() => {
    expect(device.live).toBe(0);
    device.close();
  });

  const run = async (x: Tensor, w: Tensor, bias: Tensor | undefined, dy: Float32Array, lengths?: Tensor) => {
    for (const leaf of [x, w, ...(bias ? [bias] : [])]) leaf.requireGradient();
    const y = causalConvolution(x, w, { bias, lengths });
    backward(y, device.tensor(dy, y.shape));
    return device.read([y.detach(), x.gradient as Tensor, w.gradient as Tensor, ...(bias ? [bias.gradient as Tensor] : [])]);
  };

  test.each(['more/causal_convolution', 'more/causal_convolution_odd'])('golden %s', async (file) => {
    using _scope = device.scope();
    const golden = readGolden(file);
    const [x, w, b] = [golden.x, golden.w, golden.b].map((value) => device.tensor(f32(value), value.shape));
    const found = await run(x, w, b, f32(golden.dy));
    [golden.y, golden.dx, golden.dw, golden.db].forEach(({ data }, i) => {
      expect(relativeError(found[i], data)).toBeLessThan(1e-5);
    });
  });

  test.each([
    { batch: 3, time: 70, width: 8, taps: 4, lengths: [70, 0, 33] },
    { batch: 1, time: 1, width: 1, taps: 1, lengths: undefined },
    { batch: 11, time: 5, width: 6, taps: 7, lengths: [1, 2, 3, 4, 5, 5, 5, 5, 0, 9, 1] },
    { batch: 2, time: 130, width: 36, taps: 2, lengths: undefined },
  ])('$batch × $time × $width, $taps taps, lengths $lengths', async ({ lengths, ...shape }) => {
    using _scope = device.scope();
    const { batch, time, width, taps } = shape;
    const sizes = [[batch, time, width], [taps, width], [width]];
    const [x, w, bias] = sizes.map((size, i) => randomNormal(sizeOf(size), i + 1));
    const dy = randomNormal(batch * time * width, 4);
    // What lies behind the end of a row is nobody's business.
    lengths?.forEach((length, row) => {
      for (let t = length; t < time; t++) x[(row * time + t) * width] = Number.NaN;
    });
    const held = lengths && device.tensor(Uint32Array.from(lengths));
    const [tensorX, tensorW, tensorB] = [x, w, bias].map((data, i) => device.tensor(data, sizes[i]));
    const found = await run(tensorX, tensorW, tensorB, dy, held);
    const { dx, dw, dbias } = causalConvolutionBackwardReference(shape, x, w, dy, lengths);
    [causalConvolutionReference(shape, x, w, bias, lengths), dx, dw, dbias].forEach((right, i) => {
      expect(relativeError(found[i], right), ['y', 'dx', 'dw', 'dbias'][i]).toBeLessThan(1e-5);
    });
  });

  test.each([1, 2, 4])('%i taps, step by step, give what all steps at once do', async (taps) => {
    using _scope = device.scope();
    const [batch, time, width] = [3, 9, 6];
    const [x, w, b] = [batch * time * width, taps * width, width].map((size, i) => randomNormal(size, i + 1));
    const [weights, bias] = [device.tensor(w, [taps, width]), device.tensor(b)];
    const all = await causalConvolution(device.tensor(x, [batch, time, width]), weights, { bias }).read();
    const state = device.zeros([batch, taps - 1, width]);
    for (let t = 0; t < time; t++) {
      const at = (row: number) => (row * time + t) * width;
      const rows = (from: Float32Array) => Float32Array.from([0, 1, 2].flatMap((row) => [...from.subarray(at(row), at(row) + width)]));
      const out = await causalConvolutionStep(device.tensor(rows(x), [batch, width]), weights, state, { bias }).read();
      expect(relativeError(out, rows(all))).toBeLessThan(1e-6);
    }
  });

  test('NaN and infinity reach the steps that see them, and no others', async () => {
    using _scope = device.scope();
    const x = new Float32Array(12).fill(1);
    x[3] = Number.NaN;
    x[8] = Number.POSITIVE_INFINITY;
    const out = await causalConvolution(device.tensor(x, [1, 12, 1]), device.tensor(Float32Array.of(1, 2, 3), [3, 1])).read();
    expect([...out]).toEqual([3, 5, 6, Number.NaN, Number.NaN, Number.NaN, 6, 6, Infinity, Infinity, Infinity, 6]);
  });

  test('nothing gives nothing, and what does not fit is refused', () => {
    using _scope = device.scope();
    const zeros = (...shape: number[]): Tensor => device.zeros(shape);
    expect(causalConvolution(zeros(0, 3, 4), zeros(2, 4)).shape).toEqual([0, 3, 4]);
    for (const wrong of [
      () => causalConvolution(zeros(3, 4), zeros(2, 4)),
      () => causalConvolution(zeros(1, 3, 4), zeros(2, 5)),
      () => causalConvolution(zeros(1, 3, 4), zeros(33, 4)),
      () => causalConvolution(zeros(1, 3, 4), zeros(2, 4), { lengths: zeros(1) }),
      () => causalConvolution(zeros(1, 3, 4), zeros(2, 4), { bias: zeros(3) }),
      () => causalConvolutionStep(zeros(1, 4), zeros(3, 4), zeros(1, 3, 4)),
    ])
      expect(wrong).toThrow(ShapeError);
  });
});
