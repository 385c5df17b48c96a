import { GATE_MODE, switchIntegrationGradientReference } from '@coxswain/kernels';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backward } from '../autograd.js';
import type { Device } from '../device.js';
import { requestDevice } from '../node.js';
import type { Tensor } from '../tensor.js';
import { gradientErrors } from '../testing/gradient-check.js';
import { add, mul } from './elementwise.js';
import { sum } from './reduce.js';
import { switchIntegrate } from './switch.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const wave = (n: number, phase: number): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 1.7 + phase) + 0.1);
const [B, T, L, H] = [4, 5, 3, 6];
const noise = wave(B * T, 8);
// Two orders of magnitude between the smallest pre-activation and what the differences move it by: relu is smooth
// there.
const inputs = {
  proposal: { data: wave(B * T * L, 0), shape: [B, T, L] },
  pre: { data: Float32Array.from({ length: B * T * H }, (_, i) => (i % 3 ? 3 : -3) + Math.sin(i)), shape: [B, T, H] },
  wz: { data: wave(H * L, 2).map((v) => v / 8), shape: [H, L] },
  w2: { data: wave(H, 3).map((v) => v / 3), shape: [1, H] },
  b2: { data: Float32Array.of(-1.2), shape: [1] },
  z0: { data: wave(B * L, 4), shape: [B, L] },
};

/** Reads both outputs, so that both send a gradient back. */
function loss(values: Record<string, Tensor>, mode: number, firstOpen: boolean): Tensor {
  const { proposal, pre, wz, w2, b2, z0 } = values;
  const control = device.tensor(Float32Array.of(mode, 0.7, 0.4));
  const { z, beta } = switchIntegrate({ proposal, pre, wz, w2, b2, z0, control, noise: device.tensor(noise, [B, T]), firstOpen });
  const weighZ = device.tensor(wave(B * T * L, 6), [B, T, L]);
  const weighBeta = device.tensor(wave(B * T, 7), [B, T]);
  return add(sum(mul(z, weighZ)), sum(mul(beta, weighBeta)));
}

describe.each(['soft', 'gumbel'] as const)('%s gate', (mode) => {
  test.each([true, false])('gradients agree with differences, first open %s', async (firstOpen) => {
    const errors = await gradientErrors(device, inputs, (values) => loss(values, GATE_MODE[mode], firstOpen));
    for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(5e-3);
  });
});

test('the straight-through gate is hard and sends back the gradient of its relaxation', async () => {
  using _scope = device.scope();
  const leaves = Object.fromEntries(
    Object.entries(inputs).map(([name, { data, shape }]) => [name, device.tensor(data, shape).requireGradient()]),
  );
  backward(loss(leaves, GATE_MODE.straightThrough, true));
  const shape = { batch: B, time: T, latent: L, hidden: H, initial: 1, firstOpen: 1, withOpened: 0, withNoise: 1, biasAt: H } as const;
  const expected = switchIntegrationGradientReference(
    shape,
    {
      proposal: inputs.proposal.data,
      pre: inputs.pre.data,
      wz: inputs.wz.data,
      w2: [...inputs.w2.data, ...inputs.b2.data],
      noise,
      control: [GATE_MODE.straightThrough, 0.7, 0.4],
      z0: inputs.z0.data,
      opened: [],
    },
    { dz: wave(B * T * L, 6), dbeta: wave(B * T, 7) },
  );
  const wanted: Record<string, Float64Array> = {
    proposal: expected.dproposal,
    pre: expected.dpre,
    wz: expected.dwz,
    w2: expected.dw2.subarray(0, H),
    b2: expected.dw2.subarray(H),
    z0: expected.dz0,
  };
  for (const [name, leaf] of Object.entries(leaves)) {
    const gradient = await (leaf.gradient as Tensor).read();
    const norm = Math.hypot(...wanted[name]);
    const difference = Math.hypot(...gradient.map((g, i) => g - wanted[name][i]));
    expect(difference / (norm || 1), name).toBeLessThan(1e-4);
  }
});

test('a captured step follows the gate that its control names', async () => {
  using _scope = device.scope();
  const tensors = Object.fromEntries(Object.entries(inputs).map(([name, { data, shape }]) => [name, device.tensor(data, shape)]));
  const { proposal, pre, wz, w2, b2 } = tensors;
  const control = device.tensor(Float32Array.of(GATE_MODE.soft, 1, 0));
  const program = device.capture(() => ({ beta: switchIntegrate({ proposal, pre, wz, w2, b2, control }).beta }));
  program.run();
  const soft = await program.outputs.beta.read();
  control.write(Float32Array.of(GATE_MODE.open, 1, 0));
  program.run();
  const open = await program.outputs.beta.read();
  program.dispose();
  expect(soft.some((beta) => beta < 0.9)).toBe(true);
  expect(open.every((beta) => beta === 1)).toBe(true);
});

test('shapes that do not fit are refused', () => {
  using _scope = device.scope();
  const { proposal, pre, wz, w2, b2 } = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, device.zeros(shape)]));
  const control = device.zeros([3]);
  expect(() => switchIntegrate({ proposal, pre: proposal, wz, w2, b2, control })).toThrow('pre');
  expect(() => switchIntegrate({ proposal, pre, wz, w2, b2, control, noise: device.zeros([B]) })).toThrow('noise');
});
