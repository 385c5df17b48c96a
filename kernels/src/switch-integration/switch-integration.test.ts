import { describe, expect, test } from 'vitest';
import { f32, readGolden } from '../testing/golden.js';
import { poison, randomNormal, randomUniform, relativeError, runKernel } from '../testing/harness.js';
import {
  GATE_MODE,
  type SwitchForwardShape,
  switchActivationGradient,
  switchIntegrationBackward,
  switchIntegrationForward,
  switchIntegrationLinearise,
} from './index.js';
import { type SwitchGradients, switchIntegrationGradientReference, switchIntegrationReference } from './reference.js';

function makeInputs(shape: SwitchForwardShape, mode: number, scale = 1) {
  const { batch, time, latent, hidden, biasAt } = shape;
  return {
    proposal: randomNormal(batch * time * latent, 1),
    pre: randomNormal(batch * time * hidden, 2, scale),
    wz: randomNormal(hidden * latent, 3, 0.5 * scale),
    w2: randomNormal(biasAt + 1, 4, scale * hidden ** -0.5),
    noise: Float32Array.from(randomUniform(batch * time, 5), (u) => Math.log((u + 1e-4) / (1.0001 - u))),
    control: Float32Array.of(mode, 0.7, 0.4),
    z0: randomNormal(batch * latent, 6),
    opened: Uint32Array.from(randomUniform(batch, 7), (u) => (u < 0.5 ? 1 : 0)),
  };
}
type Inputs = ReturnType<typeof makeInputs>;

/** The forward pass and every gradient; the two that are another kernel's matmul are made here in float64. */
async function run(shape: SwitchForwardShape, inputs: Inputs, dz: Float32Array, dbeta: Float32Array) {
  const { batch, time, latent, hidden } = shape;
  const steps = batch * time;
  const { z, betas } = await runKernel(switchIntegrationForward, shape, { ...inputs, z: poison(steps * latent), betas: poison(steps * 2) });
  const { pre, wz, w2, z0, proposal } = inputs;
  const kept = { previous: poison(steps * latent), activation: poison(steps * hidden), jacobian: poison(steps * latent) };
  const { previous, activation, jacobian } = await runKernel(switchIntegrationLinearise, shape, { pre, wz, w2, z, z0, ...kept });
  const through = await runKernel(
    switchIntegrationBackward,
    { ...shape, withBeta: 1 },
    {
      dz,
      dbeta,
      proposal,
      previous,
      betas,
      jacobian,
      dproposal: poison(steps * latent),
      dlogit: poison(steps),
      dz0: poison(batch * latent),
    },
  );
  const { dlogit, dproposal, dz0 } = through;
  const { dpre } = await runKernel(switchActivationGradient, { steps, hidden }, { dlogit, activation, w2, dpre: poison(steps * hidden) });
  const dwz = new Float64Array(hidden * latent);
  const dw2 = new Float64Array(hidden + 1);
  for (let at = 0; at < steps; at++) {
    dw2[hidden] += dlogit[at];
    for (let k = 0; k < hidden; k++) {
      dw2[k] += dlogit[at] * activation[at * hidden + k];
      for (let n = 0; n < latent; n++) dwz[k * latent + n] += dpre[at * hidden + k] * previous[at * latent + n];
    }
  }
  return { z, betas, gradients: { dproposal, dpre, dwz, dw2, dz0 } };
}

const modes = Object.entries(GATE_MODE);

describe.each(modes)('gate %s', (_, mode) => {
  test.each([
    { batch: 1, time: 1, latent: 1, hidden: 1, initial: 0, firstOpen: 1, withOpened: 0, withNoise: 1, biasAt: 1 },
    { batch: 13, time: 9, latent: 7, hidden: 19, initial: 1, firstOpen: 0, withOpened: 0, withNoise: 1, biasAt: 23 },
    { batch: 66, time: 5, latent: 8, hidden: 64, initial: 0, firstOpen: 1, withOpened: 0, withNoise: 1, biasAt: 64 },
    { batch: 21, time: 1, latent: 8, hidden: 10, initial: 1, firstOpen: 0, withOpened: 1, withNoise: 0, biasAt: 10 },
  ] satisfies SwitchForwardShape[])('$batch × $time, latent $latent, hidden $hidden', async (shape) => {
    const inputs = makeInputs(shape, mode);
    const [dz, dbeta] = [randomNormal(shape.batch * shape.time * shape.latent, 8), randomNormal(shape.batch * shape.time, 9)];
    const { z, betas, gradients } = await run(shape, inputs, dz, dbeta);
    const reference = switchIntegrationReference(shape, inputs);
    expect(relativeError(z, reference.z)).toBeLessThanOrEqual(1e-5);
    expect(relativeError(betas, reference.betas)).toBeLessThanOrEqual(1e-5);
    const expected = switchIntegrationGradientReference(shape, inputs, { dz, dbeta });
    for (const name of Object.keys(expected) as (keyof SwitchGradients)[])
      expect(relativeError(gradients[name], expected[name]), name).toBeLessThanOrEqual(1e-4);
  });
});

test.each([GATE_MODE.soft, GATE_MODE.gumbel, GATE_MODE.straightThrough])('huge logits stay finite in mode %i', async (mode) => {
  const flags = { initial: 1, firstOpen: 0, withOpened: 0, withNoise: 1 } as const;
  const shape: SwitchForwardShape = { batch: 9, time: 4, latent: 3, hidden: 5, ...flags, biasAt: 5 };
  const inputs = makeInputs(shape, mode, 1e4);
  const { z, gradients } = await run(shape, inputs, randomNormal(9 * 4 * 3, 8), randomNormal(36, 9));
  expect(relativeError(z, switchIntegrationReference(shape, inputs).z)).toBeLessThanOrEqual(1e-5);
  for (const gradient of Object.values(gradients)) expect(gradient.every(Number.isFinite)).toBe(true);
});

describe.each(['software', 'gpu'] as const)('%s', (family) => {
  const flags = { initial: 1, firstOpen: 0, withOpened: 0, withNoise: 0 } as const;
  const shape: SwitchForwardShape = { batch: 4, time: 1, latent: 1, hidden: 1, ...flags, biasAt: 1 };
  const given = { wz: new Float32Array(1), noise: new Float32Array(4), opened: new Uint32Array(4), z0: new Float32Array(4).fill(2) };
  const logits = { w2: Float32Array.of(1, 0), proposal: new Float32Array(4).fill(3) };

  test.each([
    { mode: GATE_MODE.soft, beta: [0.5, NaN, 1, 0] },
    { mode: GATE_MODE.gumbel, beta: [0.5, NaN, 1, 0] },
    { mode: GATE_MODE.straightThrough, beta: [0, NaN, 1, 0] },
    { mode: GATE_MODE.hard, beta: [1, NaN, 1, 0] },
  ])('NaN reaches the gate of mode $mode and the code, infinity opens and shuts it', async ({ mode, beta }) => {
    const control = Float32Array.of(mode, 1, 0);
    const pre = Float32Array.of(0, Number.NaN, Number.POSITIVE_INFINITY, 0);
    const outputs = { z: poison(4), betas: poison(8) };
    const { z, betas } = await runKernel(switchIntegrationForward, shape, { ...given, ...logits, control, pre, ...outputs }, { family });
    expect([...betas.subarray(0, 3)]).toEqual(beta.slice(0, 3));
    expect([...z.subarray(1, 3)]).toEqual([Number.NaN, 3]);
    const shut = { ...logits, w2: Float32Array.of(1, Number.NEGATIVE_INFINITY) };
    const closed = await runKernel(
      switchIntegrationForward,
      shape,
      { ...given, ...shut, control, pre: new Float32Array(4), ...outputs },
      { family },
    );
    expect([closed.betas[3], closed.z[3]]).toEqual([beta[3], 2]);
  });

  test('a hidden unit that is NaN is not shut: its activation and both of its gradients', async () => {
    const pre = Float32Array.of(Number.NaN, 1, -1, 0);
    const { w2 } = logits;
    const kept = { previous: poison(4), activation: poison(4), jacobian: poison(4) };
    const data = { pre, wz: Float32Array.of(1), w2, z: new Float32Array(4), z0: new Float32Array(4), ...kept };
    const { activation, jacobian } = await runKernel(switchIntegrationLinearise, shape, data, { family });
    expect([...activation]).toEqual([Number.NaN, 1, 0, 0]);
    expect([...jacobian]).toEqual([1, 1, 0, 0]);
    const slopes = { dlogit: Float32Array.of(1, 2, 3, 4), activation, w2 };
    const { dpre } = await runKernel(switchActivationGradient, { steps: 4, hidden: 1 }, { ...slopes, dpre: poison(4) }, { family });
    expect([...dpre]).toEqual([1, 2, 0, 0]);
  });
});

test('a row opened at its only step takes the proposal, another keeps what it holds under a closed gate', async () => {
  const flags = { initial: 1, firstOpen: 1, withOpened: 1, withNoise: 0 } as const;
  const shape: SwitchForwardShape = { batch: 2, time: 1, latent: 2, hidden: 1, ...flags, biasAt: 1 };
  const { z } = await runKernel(switchIntegrationForward, shape, {
    proposal: Float32Array.of(1, 2, 3, 4),
    pre: Float32Array.of(0, 0),
    wz: new Float32Array(2),
    w2: Float32Array.of(0, -5),
    noise: new Float32Array(4),
    control: Float32Array.of(GATE_MODE.hard, 1, 0),
    z0: Float32Array.of(5, 6, 7, 8),
    opened: Uint32Array.of(1, 0),
    z: poison(4),
    betas: poison(4),
  });
  expect([...z]).toEqual([1, 2, 7, 8]);
});

test.each(['temporal_integration', 'odd/temporal_integration'])('golden %s agrees with PyTorch', async (file) => {
  const golden = readGolden(file);
  const [batch, time, latent] = golden.x_tilde.shape;
  // Its switch is linear, β = σ(u_t + v·z_{t−1}): relu(a) − relu(−a) = a makes it ours with two hidden units.
  const flags = { initial: 0, firstOpen: 0, withOpened: 0, withNoise: 1 } as const;
  const shape: SwitchForwardShape = { batch, time, latent, hidden: 2, ...flags, biasAt: 2 };
  const { u, v } = golden;
  const inputs: Inputs = {
    proposal: f32(golden.x_tilde),
    pre: Float32Array.from({ length: 2 * batch * time }, (_, i) => (i % 2 ? -1 : 1) * u.data[i >> 1]),
    wz: Float32Array.from({ length: 2 * latent }, (_, i) => (i < latent ? v.data[i] : -v.data[i - latent])),
    w2: Float32Array.of(1, -1, 0),
    noise: new Float32Array(batch * time),
    control: Float32Array.of(GATE_MODE.soft, 1, 0),
    z0: new Float32Array(4),
    opened: new Uint32Array(4),
  };
  const { z, betas, gradients } = await run(shape, inputs, f32(golden.dy), new Float32Array(batch * time));
  expect(relativeError(z, golden.z.data)).toBeLessThanOrEqual(1e-5);
  expect(relativeError(betas.subarray(0, batch * time), golden.beta.data)).toBeLessThanOrEqual(1e-5);
  expect(relativeError(gradients.dproposal, golden.dx_tilde.data)).toBeLessThanOrEqual(1e-4);
  const du = golden.du.data.map((_, i) => gradients.dpre[2 * i] - gradients.dpre[2 * i + 1]);
  expect(relativeError(du, golden.du.data)).toBeLessThanOrEqual(1e-4);
  const dv = golden.dv.data.map((_, n) => gradients.dwz[n] - gradients.dwz[latent + n]);
  expect(relativeError(dv, golden.dv.data)).toBeLessThanOrEqual(1e-4);
});
