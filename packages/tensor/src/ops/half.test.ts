import { HostRandom } from '@coxswain/base';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AdamW } from '../adamw.js';
import { backward } from '../autograd.js';
import type { Device } from '../device.js';
import { dryDevice } from '../dry.js';
import { LaunchError } from '../errors.js';
import type { Launch } from '../launch.js';
import { requestDevice } from '../node.js';
import { ParameterStore } from '../parameters.js';
import { inHalfPrecision, LOSS_SCALE, linear, mul, sum } from './index.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => device.close());

const draw = (length: number, seed: number): Float32Array => {
  const random = new HostRandom(seed);
  return Float32Array.from({ length }, () => random.normal());
};
const difference = (a: Float32Array, b: Float32Array): number => Math.hypot(...a.map((value, i) => value - b[i])) / Math.hypot(...b);

/** Two layers and their gradients; the first one's input is read twice. */
async function layers(precision: 'f32' | 'f16', rows = 36, outputs = 12) {
  using _scope = device.scope();
  const labels: string[] = [];
  device.onLaunches = (launches: readonly Launch[]) => labels.push(...launches.map(({ pipeline }) => pipeline.label));
  const leaf = (shape: readonly number[], seed: number) => device.tensor(draw(shape[0] * (shape[1] ?? 1), seed), shape).requireGradient();
  const [x, w, bias, v] = [leaf([rows, 20], 1), leaf([16, 20], 2), leaf([16], 3), leaf([outputs, 16], 4)];
  const body = () => {
    const hidden = linear(x, w, { bias, relu: true });
    const y = linear(hidden, v);
    backward(sum(mul(y, y)));
    return y;
  };
  const y = precision === 'f16' ? inHalfPrecision(device, body) : body();
  const read = (await device.read([
    y,
    ...[x, w, bias, v].map(({ gradient }) => gradient as NonNullable<typeof gradient>),
  ])) as Float32Array[];
  device.onLaunches = undefined;
  return { read, labels };
}

describe('products in half precision', () => {
  beforeEach(({ skip }) => skip(!device.traits.f16, 'the adapter has no f16'));

  test('are those in f32 but for the rounding of their operands, gradients too', async () => {
    const [wide, half] = [await layers('f32'), await layers('f16')];
    half.read.forEach((data, i) => {
      const error = difference(data, wide.read[i]);
      expect(error).toBeLessThan(3e-3);
      expect(error).toBeGreaterThan(1e-6);
    });
    expect(wide.labels.filter((label) => label === 'narrow')).toHaveLength(0);
    expect(half.labels.filter((label) => /half|subgroup-matrix/.test(label))).toHaveLength(6);
  });

  test('narrow each operand once', async () => {
    const { labels } = await layers('f16');
    // x, w, hidden, v, the gradient of y, that of hidden.
    expect(labels.filter((label) => label === 'narrow')).toHaveLength(6);
  });

  test('leave what the kernels cannot tile in f32', async () => {
    const [wide, half] = [await layers('f32', 36, 7), await layers('f16', 36, 7)];
    expect(half.labels.filter((label) => /half|subgroup-matrix/.test(label)).length).toBeLessThan(6);
    for (const [i, data] of half.read.entries()) expect(difference(data, wide.read[i])).toBeLessThan(3e-3);
  });

  test('need an adapter with f16', () => {
    using dry = dryDevice({ family: 'gpu', f16: false });
    expect(() => inHalfPrecision(dry, () => {})).toThrow(LaunchError);
  });

  test('end with their scope, also by an error', async () => {
    expect(() =>
      inHalfPrecision(device, () => {
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect((await layers('f32')).labels).not.toContain('narrow');
  });
});

test('gradients of a scaled loss give the update, and the norm, of the loss itself', async () => {
  const update = async (gradientScale: number) => {
    const store = new ParameterStore(device);
    store.declare('w', [7, 5], (values) => values.set(draw(35, 5)));
    store.finish(new HostRandom(1));
    const optimiser = new AdamW(store, { clip: 1, weightDecay: 0.1, gradientScale });
    const norms: number[] = [];
    for (let step = 0; step < 3; step++) {
      store.get('w').gradient?.write(draw(35, 6 + step).map((value) => value * gradientScale));
      optimiser.prepare(1e-2);
      norms.push(await optimiser.apply().item());
    }
    const parameters = await store.flat.read();
    optimiser.dispose();
    store.dispose();
    return { parameters, norms };
  };
  const [plain, scaled] = [await update(1), await update(LOSS_SCALE)];
  expect(difference(scaled.parameters, plain.parameters)).toBeLessThan(1e-6);
  for (const [i, norm] of scaled.norms.entries()) expect(norm / plain.norms[i]).toBeCloseTo(1, 5);
});
