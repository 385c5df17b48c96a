import { type Device, noGrad, ParameterStore, type Tensor } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomNormal, relativeError } from '../../../kernels/src/testing/harness.js';
import { goldenCodes } from '../../metacontroller/src/testing/golden-metacontroller.js';
import { Policy } from './policy.js';
import { startingPolicy } from './testing/trained.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => device.close());

/** Means at all steps of whole sequences. */
function meansOf(policy: Policy, x: Tensor, size: { batch: number; time: number }, lengths?: Tensor): Promise<Float32Array> {
  return noGrad(() => policy.means(policy.histories(x, size, lengths), x)).read() as Promise<Float32Array>;
}

const CONFIG = { width: 64, latent: 8, history: 64, head: 64 };

test('one step at a time it says what it says of whole sequences', async () => {
  const [batch, time] = [5, 7];
  const policy = startingPolicy(device);
  // The head's last layer starts at zero: give it something to say.
  policy.store.get('head.2.weight').write(randomNormal(8 * 64, 1, 0.3));
  const host = randomNormal(batch * time * 64, 2);
  const whole = await meansOf(policy, device.tensor(host, [batch * time, 64]), { batch, time });
  let h = device.zeros([batch, 64]);
  for (let t = 0; t < time; t++) {
    const x = Float32Array.from({ length: batch * 64 }, (_, i) => host[(Math.floor(i / 64) * time + t) * 64 + (i % 64)]);
    const step = noGrad(() => policy.step(device.tensor(x, [batch, 64]), h));
    h = step.h;
    const expected = Float32Array.from({ length: batch * 8 }, (_, i) => whole[(Math.floor(i / 8) * time + t) * 8 + (i % 8)]);
    expect(relativeError(await step.mean.read(), expected)).toBeLessThan(1e-5);
  }
});

test('lengths change nothing before the end of a sequence', async () => {
  const policy = startingPolicy(device);
  policy.store.get('head.2.weight').write(randomNormal(8 * 64, 1, 0.3));
  const x = device.tensor(randomNormal(2 * 5 * 64, 3), [10, 64]);
  const whole = await meansOf(policy, x, { batch: 2, time: 5 });
  const short = await meansOf(policy, x, { batch: 2, time: 5 }, device.tensor(Uint32Array.of(2, 5)));
  expect(short.subarray(0, 2 * 8)).toEqual(whole.subarray(0, 2 * 8));
  expect(short.subarray(5 * 8)).toEqual(whole.subarray(5 * 8));
});

test('packed sequences have the histories of padded ones', async () => {
  const policy = startingPolicy(device);
  const host = randomNormal(2 * 5 * 64, 3);
  const lengths = [5, 2];
  const size = { batch: 2, time: 5 };
  const padded = await noGrad(() => policy.histories(device.tensor(host, [10, 64]), size, device.tensor(Uint32Array.from(lengths)))).read();
  const rows = [0, 5, 1, 6, 2, 3, 4];
  const take = (from: Float32Array) => Float32Array.from(rows.flatMap((row) => [...from.subarray(row * 64, (row + 1) * 64)]));
  const told = device.tensor(Uint32Array.of(...lengths, 0, 2, 4, 5, 6, 7));
  const packed = await noGrad(() => policy.packedHistories(device.tensor(take(host), [7, 64]), size, told)).read();
  expect(packed).toEqual(take(padded));
});

test('it starts as the codes’ own distribution, 1.2 times as wide, whatever it sees', async () => {
  const policy = startingPolicy(device);
  const { mean, std } = goldenCodes();
  const means = await meansOf(policy, device.tensor(randomNormal(6 * 64, 1), [6, 64]), { batch: 2, time: 3 });
  for (let i = 0; i < 6; i++) expect(relativeError(means.subarray(i * 8, (i + 1) * 8), mean)).toBeLessThan(1e-6);
  expect(
    relativeError(
      (await policy.logStd.read()).map(Math.exp),
      std.map((s) => 1.2 * s),
    ),
  ).toBeLessThan(1e-6);
});

test('how far it explores is a share of the spread that is learned', async () => {
  const policy = startingPolicy(device);
  const before = (await noGrad(() => policy.logStd).read()).map(Math.exp);
  policy.explore(0.25);
  const after = (await noGrad(() => policy.logStd).read()).map(Math.exp);
  expect(
    relativeError(
      after,
      before.map((s) => s / 4),
    ),
  ).toBeLessThan(1e-6);
  expect(() => policy.explore(0)).toThrow('share is 0, expected a positive number');
});

test('statistics that are none are refused', () => {
  const store = new ParameterStore(device);
  const ones = new Float32Array(8).fill(1);
  expect(() => new Policy(store, CONFIG, { mean: ones, std: ones.subarray(1) })).toThrow('codes.std is a list of 7, expected one of 8');
  expect(() => new Policy(store, CONFIG, { mean: ones, std: new Float32Array(8) })).toThrow(
    'codes.std[0] is 0, expected a positive number',
  );
  expect(() => new Policy(store, CONFIG, { mean: ones.map(() => Number.NaN), std: ones })).toThrow(
    'codes.mean[0] is NaN, expected a finite number',
  );
  expect(() => new Policy(store, CONFIG, { mean: ones, std: ones }, 0)).toThrow('spread is 0, expected a positive number');
});
