import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import { gradientErrors } from '../testing/gradient-check.js';
import { add, mul } from './elementwise.js';
import { gaussianKl, gaussianLogProb, gaussianPosterior, reparameterise } from './gaussian.js';
import { sum } from './reduce.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const wave = (n: number, phase: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 1.7 + phase) + 0.1);
const [N, D] = [7, 3];
const weights = wave(N, 9);

test.each([[[N, D]], [[D]]])('gradients with log σ of shape [%j] agree with differences', async (sigmaShape) => {
  const size = sigmaShape.reduce((product, n) => product * n, 1);
  const errors = await gradientErrors(
    device,
    {
      x: { data: wave(N * D, 0), shape: [N, D] },
      mu: { data: wave(N * D, 1), shape: [N, D] },
      logSigma: { data: wave(size, 2).map((value) => value / 2), shape: sigmaShape },
    },
    ({ x, mu, logSigma }) => {
      const drawn = reparameterise(x, logSigma, device.tensor(wave(N * D, 3), [N, D]));
      return sum(mul(gaussianLogProb(drawn, mu, logSigma), device.tensor(weights)));
    },
  );
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
});

test('gradients of the KL agree with differences', async () => {
  const errors = await gradientErrors(
    device,
    { mu: { data: wave(N * D, 1), shape: [N, D] }, logSigma: { data: wave(N * D, 2), shape: [N, D] } },
    ({ mu, logSigma }) => sum(mul(gaussianKl(mu, logSigma), device.tensor(weights))),
  );
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
});

test('gradients of a posterior, its sample and its KL agree with differences', async () => {
  const errors = await gradientErrors(device, { code: { data: wave(N * 2 * D, 1), shape: [N, 2 * D] } }, ({ code }) => {
    const { mu, logSigma, sample, kl } = gaussianPosterior(code, [-5, 3], device.tensor(wave(N * D, 3), [N, D]));
    return sum(
      mul(
        add(gaussianLogProb(device.tensor(wave(N * D, 5), [N, D]), mu, logSigma), add(kl, sum(mul(sample, sample), 1))),
        device.tensor(weights),
      ),
    );
  });
  for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
});

test('shapes that do not fit are refused', () => {
  using _scope = device.scope();
  const mu = device.zeros([4, 3]);
  expect(() => gaussianLogProb(mu, mu, device.zeros([4]))).toThrow('gaussianLogProb');
  expect(() => gaussianKl(mu, device.zeros([3]))).toThrow('gaussianKl');
  expect(() => gaussianPosterior(mu, [-5, 3])).toThrow('gaussianPosterior');
});
