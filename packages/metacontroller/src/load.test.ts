import { HostRandom } from '@coxswain/base';
import { CheckpointError, type Device, GATE_MODE, noGrad, ParameterStore, type SafeTensor, writeSafetensors } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { f32, readGolden } from '../../../kernels/src/testing/golden.js';
import { relativeError } from '../../../kernels/src/testing/harness.js';
import { GOLDEN_LAYER } from '../../transformer/src/testing/golden-base.js';
import { metacontrollerConfig } from './config.js';
import { gateValues } from './gate.js';
import { type LoadedController, loadMetacontroller, restoreMetacontroller } from './load.js';
import { Metacontroller } from './metacontroller.js';
import { controllerTensors, withCodes } from './parts.js';
import { GOLDEN_METACONTROLLER_CONFIG, goldenMetacontroller } from './testing/golden-metacontroller.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const settings = { code: 4, history: 8, sequence: 8, encoder: 8, switch: 8, decoder: 8, rank: 4, pooled: false, switchBias: -2 };
const config = metacontrollerConfig(settings, 16);
const codes = { mean: Float32Array.of(1, 2, 3, 4), std: Float32Array.of(5, 6, 7, 8) };

/** What discovery would leave: a controller with its codes, a stage before it, and the base that learned along. */
async function made(base?: ParameterStore): Promise<Map<string, SafeTensor>> {
  const store = new ParameterStore(device);
  new Metacontroller(store, config);
  store.finish(new HostRandom(7));
  const tensors = withCodes(await controllerTensors(store, base), codes);
  store.dispose();
  return tensors.set('stages.1.sw2.bias', { shape: [1], data: Float32Array.of(9) });
}
const valuesOf = async (loaded: LoadedController) => {
  const values = await loaded.store.save();
  loaded.dispose();
  return values;
};
function smallBase(value: number): ParameterStore {
  const base = new ParameterStore(device, false);
  base.declare('lnf.weight', [2], (values) => values.fill(value));
  base.finish(new HostRandom(0));
  return base;
}

test('a metacontroller comes with the statistics of its codes; controllers before it are left out', async () => {
  const tensors = await made();
  const weights = writeSafetensors(tensors);
  const url = `data:application/octet-stream;base64,${Buffer.from(weights).toString('base64')}`;
  for (const from of [{ weights }, { url }]) {
    const loaded = await loadMetacontroller(device, { config, ...from });
    expect(loaded.codes).toEqual(codes);
    expect(loaded.report.kept).toEqual([]);
    expect(loaded.store.trainable).toBe(false);
    for (const [name, { data }] of await valuesOf(loaded)) expect(data, name).toEqual(tensors.get(name)?.data);
  }
  for (const name of ['codes.mean', 'codes.std']) tensors.delete(name);
  const loaded = restoreMetacontroller(device, { config, weights: tensors, trainable: true });
  expect(loaded.codes).toBeUndefined();
  expect(loaded.store.trainable).toBe(true);
  loaded.dispose();
});

test('one that learned along with its base replaces the base’s weights, and is refused without it', async () => {
  const [learned, base] = [smallBase(5), smallBase(1)];
  const weights = await made(learned);
  expect(() => restoreMetacontroller(device, { config, weights, what: 'a' })).toThrow(/^a: "base\.lnf\.weight" and others of a base/);
  // Neither is touched where the controller does not fit.
  const bent = new Map(weights).set('sw2.bias', { shape: [2], data: new Float32Array(2) });
  expect(() => restoreMetacontroller(device, { config, weights: bent, base: { store: base } })).toThrow(/"sw2\.bias" of shape \[2\]/);
  expect(await base.get('lnf.weight').read()).toEqual(Float32Array.of(1, 1));
  const loaded = restoreMetacontroller(device, { config, weights, base: { store: base } });
  expect(await base.get('lnf.weight').read()).toEqual(Float32Array.of(5, 5));
  loaded.dispose();
  for (const store of [learned, base]) store.dispose();
});

test('what is missing or wrong is named, and nothing stays behind', async () => {
  const whole = await made();
  const changed = (change: (tensors: Map<string, SafeTensor>) => void) => {
    const copy = new Map(whole);
    change(copy);
    return copy;
  };
  const numbers = (...shape: number[]): SafeTensor => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b)) });
  const { live } = device;
  for (const [weights, message] of [
    [changed((all) => all.delete('gru.bias_hh_l0')), /no tensor "gru\.bias_hh_l0"/],
    [changed((all) => all.delete('codes.std')), /no tensor "codes\.std", expected shape \[4\]/],
    [changed((all) => all.set('codes.mean', numbers(3))), /tensor "codes\.mean" of shape \[3\], expected \[4\], the size of a code/],
    [changed((all) => all.set('act.weight', numbers(4))), /unknown tensor "act\.weight"/],
    [changed((all) => all.set('enc.0.weight', numbers(8, 3))), /tensor "enc\.0\.weight" of shape \[8,3\], expected \[8,32\]/],
  ] as const) {
    const loading = loadMetacontroller(device, { config, weights });
    await expect(loading).rejects.toBeInstanceOf(CheckpointError);
    await expect(loading).rejects.toThrow(message);
  }
  const wrong = (plan: object) => loadMetacontroller(device, plan as Parameters<typeof loadMetacontroller>[1]);
  await expect(wrong({ weights: whole })).rejects.toThrow(/the config undefined, expected `config`/);
  await expect(wrong({ weights: whole, config: { ...config, rank: undefined } })).rejects.toThrow(/rank is undefined/);
  await expect(wrong({ config })).rejects.toThrow(/neither weights nor a url/);
  const asked: string[] = [];
  const fetch = async (url: string) => {
    asked.push(url);
    return new Response(writeSafetensors(whole));
  };
  await expect(wrong({ config: { ...config, rank: 99 }, url: 'a', fetch })).rejects.toThrow(/rank is 99/);
  expect(asked).toEqual([]);
  (await loadMetacontroller(device, { config, url: 'a', fetch })).dispose();
  expect(asked).toEqual(['a']);
  await expect(wrong({ config: { ...config, switch: 9 }, url: 'a', fetch })).rejects.toThrow(/^a: tensor "sw1\.weight" of shape \[8,/);
  expect(device.live).toBe(live);
});

test('a part may keep its start', async () => {
  const tensors = await made();
  tensors.delete('enc.2.bias');
  const bias = async (store: ParameterStore) => (await store.save()).get('enc.2.bias')?.data;
  for (const seed of [undefined, 3]) {
    const start = new ParameterStore(device, false);
    new Metacontroller(start, config);
    start.finish(new HostRandom(seed ?? 0));
    const loaded = restoreMetacontroller(device, { config, weights: tensors, partial: true, seed });
    expect(loaded.report.kept).toEqual(['enc.2.bias']);
    expect(await bias(loaded.store)).toEqual(await bias(start));
    for (const each of [loaded, start]) each.dispose();
  }
});

test('a state dict of PyTorch, its encoder whole and under other names, gives PyTorch’s codes', async () => {
  using _scope = device.scope();
  const golden = readGolden('trained/metacontroller');
  const weights = new Map(Object.entries(golden).map(([name, tensor]) => [`steer.${name}`, { shape: tensor.shape, data: f32(tensor) }]));
  const rename = (name: string): string => name.replace(/^steer\./, '');
  const loaded = await loadMetacontroller(device, { config: GOLDEN_METACONTROLLER_CONFIG, weights, rename });
  const { store, metacontroller } = goldenMetacontroller(device);
  expect(await loaded.store.save()).toEqual(await store.save());
  const { residual, mu, z_hard: z, beta_hard: beta, length } = readGolden('trained/episodes');
  const [, batch, time, width] = residual.shape;
  const { latent } = GOLDEN_METACONTROLLER_CONFIG;
  const layer = residual.data.subarray(GOLDEN_LAYER * batch * time * width);
  const gate = device.tensor(gateValues({ mode: GATE_MODE.hard, temperature: 1 }));
  const state = loaded.model.start(batch);
  for (let t = 0; t < time; t++) {
    const rows = (all: ArrayLike<number>, size: number) =>
      Float32Array.from({ length: batch * size }, (_, i) => all[(Math.floor(i / size) * time + t) * size + (i % size)]);
    const [e, proposal] = [device.tensor(rows(layer, width), [batch, width]), device.tensor(rows(mu.data, latent), [batch, latent])];
    const step = noGrad(() => loaded.model.step(e, proposal, state, gate));
    const [open, code] = [await step.beta.read(), await step.z.read()];
    // What torch computed in the padding is not part of an episode.
    const real = [...Array(batch).keys()].filter((i) => t < length.data[i]);
    expect(real.map((i) => open[i])).toEqual(real.map((i) => beta.data[i * time + t]));
    const of = (all: ArrayLike<number>) => real.flatMap((i) => Array.from({ length: latent }, (_, k) => all[i * latent + k]));
    expect(relativeError(of(code), of(rows(z.data, latent))), `step ${t}`).toBeLessThan(1e-3);
  }
  metacontroller.store.dispose();
  loaded.dispose();
});
