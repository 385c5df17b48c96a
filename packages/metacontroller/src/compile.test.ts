import { HostRandom } from '@coxswain/base';
import { AdamW, type Device, GATE_MODE, gru, noGrad, ParameterStore, type Scope } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { relativeError } from '../../../kernels/src/testing/harness.js';
import { GOLDEN_LAYER, goldenBase } from '../../transformer/src/testing/golden-base.js';
import { Compile, encodeFrom } from './compile.js';
import { discover } from './discover.js';
import { DiscoveryTrainer } from './discovery.js';
import { makeInputs, writeInputs } from './discovery-inputs.js';
import { GOLDEN_BATCH, GOLDEN_MEAN_LENGTH } from './testing/golden-episodes.js';
import { GOLDEN_METACONTROLLER_CONFIG } from './testing/golden-metacontroller.js';

let device: Device;
let scope: Scope;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});
beforeEach(() => {
  scope = device.scope();
});
afterEach(() => scope[Symbol.dispose]());

const { batch, time, lengths } = GOLDEN_BATCH;
const LATENT = GOLDEN_METACONTROLLER_CONFIG.latent;
const CONFIG = { ...GOLDEN_METACONTROLLER_CONFIG, segments: 3, recurrent: 16, priorLength: 4, alphaBoundary: 0.01 };

function make(config: Partial<typeof CONFIG> = {}) {
  const base = goldenBase(device);
  const store = new ParameterStore(device);
  const compile = new Compile(store, { ...CONFIG, ...config }, base.model, GOLDEN_LAYER);
  store.finish(new HostRandom(1));
  compile.startFrom(base.model);
  const dispose = (): void => {
    for (const part of [compile, store, base.model, base.store]) part.dispose();
  };
  return { base, store, compile, dispose };
}

/** One pass without noise. A low temperature makes boundaries hard. */
function run({ base, compile }: ReturnType<typeof make>, temperature: number) {
  const inputs = makeInputs(base.model, { batch, time }, 'same');
  writeInputs(inputs, GOLDEN_BATCH);
  const control = device.tensor(Float32Array.of(GATE_MODE.soft, temperature, 0, 0));
  return noGrad(() =>
    discover(base.model, compile, inputs, { batch, time, layer: GOLDEN_LAYER, embedderLayer: GOLDEN_LAYER, view: 'same', control }),
  );
}

test('hard boundaries: one code a segment, at most M of them, a switch where a new one begins', async () => {
  const made = make();
  const found = run(made, 1e-4);
  const [beta, z] = (await device.read([found.beta, found.z])) as Float32Array[];
  let switches = 0;
  for (let i = 0; i < batch; i++) {
    let segments = 1;
    for (let t = 0; t < lengths[i]; t++) {
      const at = i * time + t;
      expect(Math.min(beta[at], 1 - beta[at])).toBeLessThan(1e-3);
      if (t === 0) {
        expect(beta[at]).toBe(1);
        continue;
      }
      const moved = Math.max(...Array.from({ length: LATENT }, (_, k) => Math.abs(z[at * LATENT + k] - z[(at - 1) * LATENT + k])));
      if (beta[at] > 0.5) segments++;
      else expect(moved).toBeLessThan(1e-3);
      if (beta[at] > 0.5) expect(moved).toBeGreaterThan(1e-4);
    }
    expect(segments).toBeLessThanOrEqual(CONFIG.segments);
    switches += segments - 1;
  }
  expect(switches).toBeGreaterThan(0);
  made.dispose();
});

test('a segment’s states are those of a network that knows nothing from before it', async () => {
  const [rows, steps, size, from] = [3, 9, 4, 5];
  const random = new HostRandom(3);
  const values = (count: number) => Float32Array.from({ length: count }, () => random.normal());
  const [whh, bhh] = [device.tensor(values(3 * size * size), [3 * size, size]), device.zeros([3 * size])];
  const gates = values(rows * steps * 3 * size);
  const gatesAt = (row: number, t: number) => gates.subarray((row * steps + t) * 3 * size, (row * steps + t + 1) * 3 * size);
  const begun = Float32Array.from({ length: rows * steps }, (_, i) => (i % steps >= from ? 1 : 0));
  const later = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: steps - from - 1 }, (_, t) => [...gatesAt(row, from + 1 + t)]),
  );
  // The first state is the candidate of the first input.
  const first = Array.from({ length: rows }, (_, row) => [...gatesAt(row, from).subarray(2 * size)].map(Math.tanh));
  const masked = noGrad(() => encodeFrom(whh, device.tensor(gates, [rows, steps, 3 * size]), device.tensor(begun, [rows, steps])));
  const fresh = noGrad(() =>
    gru(device.tensor(Float32Array.from(later.flat(2)), [rows, steps - from - 1, 3 * size]), whh, bhh, {
      h0: device.tensor(Float32Array.from(first.flat()), [rows, size]),
    }),
  );
  const [all, wanted] = (await device.read([masked, fresh])) as Float32Array[];
  for (let row = 0; row < rows; row++) {
    const states = all.subarray(row * steps * size, (row + 1) * steps * size);
    expect(states.subarray(0, from * size).every((value) => value === 0)).toBe(true);
    expect(relativeError(states.subarray(from * size, (from + 1) * size), first[row])).toBeLessThan(1e-5);
    const rest = wanted.subarray(row * (steps - from - 1) * size, (row + 1) * (steps - from - 1) * size);
    expect(relativeError(states.subarray((from + 1) * size), rest)).toBeLessThan(1e-5);
  }
});

test('boundaries keep to the episode, and an even posterior costs what the prior says', async () => {
  const made = make({ segments: 2 });
  // A head of zeros: every place is as likely.
  made.store.load(
    new Map(
      [...(await made.store.save())].map(([name, { shape, data }]) => [
        name,
        { shape, data: name.startsWith('boundary.2') ? new Float32Array(data.length) : data },
      ]),
    ),
  );
  const found = run(made, 1);
  const [beta, further] = (await device.read([found.beta, found.further as never])) as Float32Array[];
  for (let i = 0; i < batch; i++) {
    const n = lengths[i];
    // The only boundary is spread evenly over steps 1 … n; the last of them is the final observation, which is no step.
    for (let t = 1; t < time; t++) expect(beta[i * time + t]).toBeCloseTo(t < n ? 1 / n : t === n ? 1 / n : 0, 5);
    const poisson = Array.from({ length: n }, (_, k) => {
      const place = k + 1;
      let factorial = 0;
      for (let f = 2; f <= place; f++) factorial += Math.log(f);
      return place * Math.log(CONFIG.priorLength) - factorial;
    });
    const total = Math.log(poisson.reduce((sum, value) => sum + Math.exp(value), 0));
    const kl = poisson.reduce((sum, value) => sum + (1 / n) * (Math.log(1 / n) - (value - total)), 0);
    expect(further[i * time]).toBeCloseTo(CONFIG.alphaBoundary * kl, 4);
  }
  made.dispose();
});

test('it learns to reconstruct episodes and its switch to tell the boundaries; one submit a step, the base frozen', async () => {
  const made = make();
  const { base, compile, store } = made;
  const optimiser = new AdamW(store, { clip: 1 });
  const settings = {
    batch,
    meanLength: GOLDEN_MEAN_LENGTH,
    layer: GOLDEN_LAYER,
    embedderLayer: GOLDEN_LAYER,
    view: 'same' as const,
    seed: 1,
  };
  const trainer = new DiscoveryTrainer(base.model, compile, optimiser, settings);
  const frozen = await base.store.flat.read();
  const step = (index: number, learningRate: number): void =>
    trainer.step(GOLDEN_BATCH, { step: index, learningRate, alpha: 0.001, gate: { mode: GATE_MODE.soft, temperature: 1 } });
  for (let i = 0; i < 3; i++) step(i, 0);
  const first = await trainer.metrics();
  await device.finish();
  const before = { ...device.counters };
  for (let i = 0; i < 120; i++) step(i, 5e-3);
  expect(device.counters.submits - before.submits).toBe(120);
  expect(device.counters.readbacks - before.readbacks).toBe(0);
  await trainer.metrics();
  for (let i = 0; i < 3; i++) step(i, 0);
  const last = await trainer.metrics();
  expect(last.actionNll).toBeLessThan(0.6 * first.actionNll);
  expect(last.further).toBeLessThan(first.further);
  expect(await base.store.flat.read()).toEqual(frozen);
  trainer.dispose();
  optimiser.dispose();
  made.dispose();
});

test('sizes that cannot be are refused', () => {
  const base = goldenBase(device);
  const store = new ParameterStore(device);
  expect(() => new Compile(store, { ...CONFIG, segments: 1 }, base.model, GOLDEN_LAYER)).toThrow('segments is 1, expected at least 2');
  expect(() => new Compile(new ParameterStore(device), { ...CONFIG, priorLength: 0 }, base.model, GOLDEN_LAYER)).toThrow(
    'priorLength is 0',
  );
  store.dispose();
  for (const part of [base.model, base.store]) part.dispose();
});
