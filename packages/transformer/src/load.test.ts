import { discreteSpace, rowsSpace } from '@coxswain/base';
import { type Device, noGrad, type Place, writeSafetensors } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { f32, readGolden } from '../../../kernels/src/testing/golden.js';
import { relativeError } from '../../../kernels/src/testing/harness.js';
import { Transformer } from './attention/model.js';
import { transformer } from './attention/settings.js';
import { Hawk, hawk } from './hawk/index.js';
import { type LoadedModel, loadModel, type ModelPlan, makeModel, restoreModel } from './load.js';
import { GOLDEN_BASE_CONFIG, goldenBase, goldenObservations } from './testing/golden-base.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const small = { width: 16, depth: 2, heads: 2, mlp: 32, buckets: 8, maxDistance: 16 };
const spaces = { observation: rowsSpace(9, 1), action: discreteSpace(4) };
const plan: ModelPlan = { kinds: [transformer, hawk], config: small, spaces };

/** What a model of the plan would be saved as. */
async function saved(of: ModelPlan = plan): Promise<Uint8Array> {
  const { store, dispose } = makeModel(device, { ...of, seed: 7 });
  const bytes = writeSafetensors(await store.save());
  dispose();
  return bytes;
}
const valuesOf = async (loaded: LoadedModel) => {
  const values = await loaded.store.save();
  loaded.dispose();
  return values;
};

describe('a model', () => {
  test('is the same from memory, from an address, and at once', async () => {
    const weights = await saved();
    const { store, dispose } = makeModel(device, { ...plan, seed: 7 });
    const made = await store.save();
    dispose();
    const progress: number[] = [];
    const url = `data:application/octet-stream;base64,${Buffer.from(weights).toString('base64')}`;
    const fetched = await loadModel(device, { ...plan, url, onProgress: ({ loaded }) => progress.push(loaded) });
    expect(progress.at(-1)).toBe(weights.length);
    expect(fetched.report).toEqual({ loaded: fetched.store.names, kept: [], unused: [] });
    expect(fetched.store.trainable).toBe(false);
    expect(await valuesOf(fetched)).toEqual(made);
    expect(await valuesOf(await loadModel(device, { ...plan, weights }))).toEqual(made);
    const trainable = restoreModel(device, { ...plan, weights, trainable: true });
    expect(trainable.store.trainable).toBe(true);
    expect(await valuesOf(trainable)).toEqual(made);
  });

  test('is of the kind that its settings name, the first where they name none', async () => {
    const other = { ...plan, config: { ...small, name: 'hawk' } };
    const loaded = restoreModel(device, { ...other, weights: await saved(other) });
    expect(loaded.model).toBeInstanceOf(Hawk);
    loaded.dispose();
    for (const [kinds, first] of [
      [[transformer, hawk], Transformer],
      [[hawk, transformer], Hawk],
    ] as const) {
      const made = makeModel(device, { ...plan, kinds });
      expect(made.model).toBeInstanceOf(first);
      made.dispose();
    }
  });

  test('may keep the start of what its file lacks', async () => {
    const headless = makeModel(device, { ...plan, seed: 7 });
    const values = await headless.store.save();
    headless.dispose();
    for (const name of ['act.weight', 'act.bias']) values.delete(name);
    const startOf = async (seed?: number) => {
      const fresh = makeModel(device, { ...plan, seed });
      const start = (await fresh.store.save()).get('act.weight');
      fresh.dispose();
      return start;
    };
    const start = await startOf(3);
    expect(await startOf(4)).not.toEqual(start);
    expect(await startOf()).toEqual(await startOf(0));
    await expect(loadModel(device, { ...plan, weights: values, what: 'a.safetensors' })).rejects.toThrow(
      /^a\.safetensors: no tensor "act\.weight"/,
    );
    const loaded = await loadModel(device, { ...plan, weights: values, partial: true, seed: 3 });
    expect(loaded.report.kept).toEqual(['act.weight', 'act.bias']);
    const after = await valuesOf(loaded);
    expect(after.get('act.weight')).toEqual(start);
    expect(after.get('lnf.weight')).toEqual(values.get('lnf.weight'));
  });

  test.each([
    [{ kinds: [] }, /no kinds of models, expected `kinds`/],
    [{ config: undefined }, /the config undefined, expected `config`/],
    [{ spaces: undefined }, /no spaces, expected `spaces`/],
    [{ config: { ...small, name: 'rnn' } }, /`model\.name` is `rnn`, expected one of transformer, hawk\. Give the definition/],
    [{ config: { ...small, width: 'wide' } }, /`model\.width` is "wide", expected what transformer takes/],
    [{ config: { ...small, heads: 3 } }, /`model\.heads` is 3, expected a divisor/],
    [{ weights: undefined }, /neither weights nor a url/],
    [{ config: { ...small, width: 32 } }, /^weights: tensor "embedding\.weight" of shape \[9,16\], expected \[9,32\]/],
  ])('says what is missing or wrong: %o', async (change, message) => {
    const { live } = device;
    const wrong = { ...plan, weights: await saved(), ...change } as Parameters<typeof loadModel>[1];
    await expect(loadModel(device, wrong)).rejects.toThrow(message);
    expect(device.live).toBe(live);
  });
});

test('nothing is fetched for settings that are wrong', async () => {
  const asked: string[] = [];
  const fetch = async (url: string) => {
    asked.push(url);
    return new Response(new Uint8Array(await saved()));
  };
  await expect(loadModel(device, { ...plan, config: { ...small, heads: 3 }, url: 'a', fetch })).rejects.toThrow(/`model\.heads` is 3/);
  expect(asked).toEqual([]);
  (await loadModel(device, { ...plan, url: 'a', fetch })).dispose();
  expect(asked).toEqual(['a']);
  // What does not fit is told by its address.
  const other = loadModel(device, { ...plan, config: { ...small, width: 32 }, url: 'a', fetch });
  await expect(other).rejects.toThrow(/^a: tensor "embedding\.weight" of shape \[9,16\]/);
});

/** The golden model under the names of an `nn.TransformerEncoder` in a wrapper, and with one tensor more. */
const PARTS: readonly (readonly [ours: string, torch: string])[] = [
  ['qkv.weight', 'self_attn.in_proj_weight'],
  ['o.weight', 'self_attn.out_proj.weight'],
  ['w1', 'linear1'],
  ['w2', 'linear2'],
  ['ln1', 'norm1'],
  ['ln2', 'norm2'],
];
const toTorch = (name: string): string => PARTS.reduce((text, [ours, torch]) => text.replace(`.${ours}`, `.${torch}`), `module.${name}`);
function fromTorch(name: string): Place {
  if (name === 'module.cell') return null;
  return PARTS.reduce((text, [ours, torch]) => text.replace(`.${torch}`, `.${ours}`), name.replace(/^module\./, ''));
}

test('a state dict of PyTorch under other names computes PyTorch’s numbers: weights of linear layers lie as ours do', async () => {
  using _scope = device.scope();
  const golden = readGolden('trained/base');
  const ours = goldenBase(device);
  const embedding = (await ours.store.save()).get('embedding.weight');
  ours.model.dispose();
  ours.store.dispose();
  const named = Object.entries(golden).filter(([name]) => !/^(win|agent)\./.test(name));
  const theirs = new Map(named.map(([name, tensor]) => [toTorch(name), { shape: tensor.shape, data: f32(tensor) }] as const));
  expect(theirs.has('module.layers.3.self_attn.in_proj_weight')).toBe(true);
  // One-hot vectors through a linear layer are rows of its matrix transposed.
  const { shape, data } = embedding as { shape: readonly number[]; data: Float32Array };
  const [rows, width] = shape;
  const columns = Float32Array.from({ length: data.length }, (_, i) => data[(i % rows) * width + Math.floor(i / rows)]);
  const weights = new Map([...theirs, ['module.input.weight', { shape: [width, rows], data: columns }]]);
  const { observation, action, predicted, heads, buckets, maxDistance, depth, mlp } = GOLDEN_BASE_CONFIG;
  const rename = (name: string): Place =>
    name === 'module.input.weight' ? { name: 'embedding.weight', transpose: true } : fromTorch(name);
  const config = { width, depth, mlp, heads, buckets, maxDistance };
  const loaded = await loadModel(device, { kinds: [transformer], config, spaces: { observation, action, predicted }, weights, rename });
  expect(loaded.report.unused).toEqual([]);
  const episodes = readGolden('trained/episodes');
  const [batch, time] = episodes.action.shape;
  const position = Int32Array.from({ length: batch * time }, (_, i) => episodes.pos.data[Math.floor(i / time) * (time + 1) + (i % time)]);
  const seen = device.tensor(goldenObservations(episodes.layout.data, position, time), [batch * time, 50]);
  const logits = await noGrad(() => loaded.model.forward(seen, { batch, time })).action.parameters[0].read();
  // What torch computed in the padding is not part of an episode.
  const isReal = (i: number): boolean => Math.floor(i / 4) % time < episodes.length.data[Math.floor(i / 4 / time)];
  const real = (values: ArrayLike<number>) => Array.from(values).filter((_, i) => isReal(i));
  expect(relativeError(real(logits), real(episodes.logits.data))).toBeLessThan(1e-3);
  loaded.dispose();
});
