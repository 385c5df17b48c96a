import { HostRandom } from '@coxswain/base';
import { backward, concat, type Device, GATE_MODE, noGrad, ParameterStore, sigmoid, sum, type Tensor } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readGolden } from '../../../kernels/src/testing/golden.js';
import { relativeError } from '../../../kernels/src/testing/harness.js';
import { GOLDEN_LAYER, goldenBase, goldenObservations } from '../../transformer/src/testing/golden-base.js';
import { Metacontroller } from './metacontroller.js';
import { goldenMetacontroller } from './testing/golden-metacontroller.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const golden = readGolden('trained/episodes');
const time = golden.action.shape[1];
// The reference runs its embedder through the padding, ours holds its state there: they agree on full-length episodes.
const full = [...golden.length.data.keys()].filter((i) => golden.length.data[i] === time);
const batch = full.length;
const WIDTH = 64;
const LATENT = 8;

/** Rows of the full-length episodes: `steps` steps of `columns` numbers each. */
function rowsOf(values: ArrayLike<number>, steps: number, columns: number): Float64Array {
  return Float64Array.from({ length: batch * steps * columns }, (_, i) => {
    const episode = full[Math.floor(i / (steps * columns))];
    return values[episode * steps * columns + (i % (steps * columns))];
  });
}

const layout = rowsOf(golden.layout.data, 1, 16);
const observations = goldenObservations(layout, rowsOf(golden.pos.data, time + 1, 1), time + 1);

/** Everything the two networks compute on those episodes, codes at their means. */
function run(mode: number): { tensors: Record<string, Tensor>; dispose: () => void } {
  const base = goldenBase(device);
  const controller = goldenMetacontroller(device);
  const tensors = noGrad(() => {
    const indices = device.tensor(observations, [batch * (time + 1), 50]);
    const residual = base.model.blocks(base.model.embed(indices), { batch, time: time + 1 }, 0, GOLDEN_LAYER);
    const control = device.tensor(Float32Array.of(mode, 1, 0, 0));
    const found = controller.metacontroller.discover({ residual, control }, { batch, time });
    const logits = base.model.action(base.model.blocks(found.steered, { batch, time }, GOLDEN_LAYER)).parameters[0];
    return { ...found, logits };
  });
  const dispose = (): void => {
    base.model.dispose();
    base.store.dispose();
    controller.store.dispose();
  };
  return { tensors, dispose };
}

test('some golden episodes are full-length', () => {
  expect(batch).toBeGreaterThanOrEqual(1);
});

test('a trained metacontroller agrees with PyTorch: codes, KL, both gates, steered logits', async () => {
  using _scope = device.scope();
  const hard = run(GATE_MODE.hard);
  const soft = run(GATE_MODE.soft);
  const compared: [Tensor, string, number][] = [
    [hard.tensors.mu, 'mu', LATENT],
    [hard.tensors.logSigma, 'log_sigma', LATENT],
    [hard.tensors.kl, 'kl', 1],
    [hard.tensors.beta, 'beta_hard', 1],
    [hard.tensors.z, 'z_hard', LATENT],
    [soft.tensors.beta, 'beta_soft', 1],
    [soft.tensors.z, 'z_soft', LATENT],
    [hard.tensors.logits, 'steered_logits', 4],
  ];
  for (const [tensor, name, columns] of compared) {
    expect(relativeError(await tensor.read(), rowsOf(golden[name].data, time, columns)), name).toBeLessThan(1e-3);
  }
  hard.dispose();
  soft.dispose();
});

test('the switch’s logit by itself is the one that its soft gate is made of', async () => {
  using _scope = device.scope();
  const { metacontroller, store } = goldenMetacontroller(device);
  const random = new HostRandom(4);
  const rows = 6;
  const normals = (columns: number): Tensor =>
    device.tensor(
      Float32Array.from({ length: rows * columns }, () => random.normal()),
      [rows, columns],
    );
  const state = { h: normals(32), z: normals(LATENT), starts: device.tensor(new Uint32Array(rows)) };
  const residual = normals(WIDTH);
  const control = device.tensor(Float32Array.of(GATE_MODE.soft, 1, 0, 0));
  const [beta, probability] = noGrad(() => [
    metacontroller.advance(residual, normals(LATENT), state, control).beta,
    sigmoid(metacontroller.switchLogit(concat([metacontroller.read(residual), state.h], 1), state.z)),
  ]);
  expect(relativeError(await probability.read(), Float64Array.from(await beta.read()))).toBeLessThan(1e-5);
  store.dispose();
});

test('one causal step at a time gives what whole sequences give, for the same proposals', async () => {
  using _scope = device.scope();
  const { tensors, dispose } = run(GATE_MODE.hard);
  const [mu, z, beta, steered] = (await device.read([tensors.mu, tensors.z, tensors.beta, tensors.steered])) as Float32Array[];
  const residual = rowsOf(
    golden.residual.data.subarray(GOLDEN_LAYER * 32 * time * WIDTH, (GOLDEN_LAYER + 1) * 32 * time * WIDTH),
    time,
    WIDTH,
  );
  const { metacontroller, store } = goldenMetacontroller(device);
  const state = metacontroller.start(batch);
  const control = device.tensor(Float32Array.of(GATE_MODE.hard, 1, 0, 0));
  const at = (values: ArrayLike<number>, t: number, columns: number): Float32Array =>
    Float32Array.from({ length: batch * columns }, (_, i) => values[(Math.floor(i / columns) * time + t) * columns + (i % columns)]);
  for (let t = 0; t < time; t++) {
    const step = noGrad(() =>
      metacontroller.step(
        device.tensor(at(residual, t, WIDTH), [batch, WIDTH]),
        device.tensor(at(mu, t, LATENT), [batch, LATENT]),
        state,
        control,
      ),
    );
    expect(await step.beta.read(), `β at ${t}`).toEqual(at(beta, t, 1));
    expect(relativeError(await step.z.read(), at(z, t, LATENT)), `z at ${t}`).toBeLessThan(1e-5);
    expect(relativeError(await step.steered.read(), at(steered, t, WIDTH)), `ê at ${t}`).toBeLessThan(1e-5);
  }
  dispose();
  store.dispose();
});

test('a full U adds what its blocks say, in float64, whole sequences and step by step, and is trained', async () => {
  using _scope = device.scope();
  const sizes = { width: 6, latent: 3, history: 4, embedding: 4, encoder: 5, switch: 5, decoder: 4, rank: 99, pooled: true, switchBias: 0 };
  const store = new ParameterStore(device);
  const controller = new Metacontroller(store, { ...sizes, full: true });
  store.finish(2);
  expect(store.names.filter((name) => name.startsWith('ctl.'))).toEqual(['ctl.w.weight', 'ctl.w.bias', 'ctl.U.weight', 'ctl.U.bias']);
  const random = new HostRandom(6);
  const draw = (length: number) => Float32Array.from({ length }, () => random.normal());
  const [codes, stream] = [draw(5 * 3), draw(5 * 6)];
  const [z, e] = [device.tensor(codes, [5, 3]), device.tensor(stream, [5, 6])];
  const steered = controller.steer(z, e);
  const named = await store.save();
  const of = (name: string) => named.get(name)?.data as Float32Array;
  const [w, b, u, bias] = ['ctl.w.weight', 'ctl.w.bias', 'ctl.U.weight', 'ctl.U.bias'].map(of);
  const expected = Float64Array.from({ length: 30 }, (_, at) => {
    const [row, out] = [Math.floor(at / 6), at % 6];
    const dot = (from: Float32Array, start: number) =>
      [0, 1, 2, 3, 4, 5].reduce((sum, i) => sum + from[start + i] * stream[6 * row + i], 0);
    const hidden = [0, 1, 2, 3].map((j) => Math.max(0, b[j] + [0, 1, 2].reduce((sum, k) => sum + w[3 * j + k] * codes[3 * row + k], 0)));
    return stream[at] + dot(bias, 6 * out) + hidden.reduce((sum, c, j) => sum + c * dot(u, 6 * (6 * j + out)), 0);
  });
  const found = await steered.read();
  expect(Math.max(...found.map((value, i) => Math.abs(value - expected[i])))).toBeLessThan(1e-6);
  backward(sum(steered));
  for (const name of ['ctl.w.weight', 'ctl.U.weight', 'ctl.U.bias']) {
    const gradient = await store.get(name).gradient!.read();
    expect(
      gradient.some((value) => value !== 0),
      name,
    ).toBe(true);
  }
  expect(() => new Metacontroller(new ParameterStore(device), sizes)).toThrow('rank');
  store.dispose();
});
