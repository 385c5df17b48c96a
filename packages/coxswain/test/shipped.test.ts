/** The shipped models as `@coxswain/models` has them loaded, against the folders as phases load them: bit for bit. */
import { fileURLToPath } from 'node:url';
import { arraysOf } from '@coxswain/base';
import { loadController } from '@coxswain/internal-rl';
import { type Base, demonstrations, loadBase, openModel } from '@coxswain/lab';
import { gateValues, loadMetacontroller, type Metacontroller } from '@coxswain/metacontroller';
import { gridMini } from '@coxswain/models';
import { type Device, GATE_MODE, noGrad, type ParameterStore, type Tensor } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { loadModel, type SequenceModel, spaceTensors, writeValues } from '@coxswain/transformer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import '../src/lists.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const EPISODES = 8;
const opened = (part: 'base' | 'controller', phase: string) => openModel(fileURLToPath(new URL('.', gridMini[part].url)), part, phase);

/** What it sees of a few held-out episodes, and how many steps of each. */
function seen() {
  const { config } = opened('base', 'pretrain');
  const time = gridMini.horizon;
  const held = demonstrations(config, 'heldOut', 1, EPISODES, { noise: 0 });
  const index = Uint32Array.from({ length: EPISODES }, (_, i) => i);
  return { time, values: arraysOf(held.observationSpace, held.observe(index, time - 1)) };
}

/** Numbers of both heads after every step, and the residual stream at the layer that is steered. */
async function readBy(model: SequenceModel): Promise<Float32Array[]> {
  using _scope = device.scope();
  const { time, values } = seen();
  const observation = spaceTensors(device, model.config.observation, EPISODES * time);
  writeValues(observation, values);
  const tapped: Tensor[] = [];
  const tap = { layer: gridMini.controller.layer, read: (residual: Tensor) => void tapped.push(residual) };
  const { action, predicted } = noGrad(() => model.forward(observation, { batch: EPISODES, time }, [tap]));
  const heads = [...action.parameters, ...(predicted?.parameters ?? [])];
  return Promise.all([...heads, ...tapped].map((tensor) => tensor.read() as Promise<Float32Array>));
}

/** Where it opens, the code it then holds and what it writes, over a few steps of residuals that vary. */
async function steeredBy(model: Pick<Metacontroller, 'start' | 'step' | 'steer' | 'config'>): Promise<Float32Array[]> {
  using _scope = device.scope();
  const { width, latent } = model.config;
  const wave = (size: number, at: number) => Float32Array.from({ length: EPISODES * size }, (_, i) => Math.sin(i + 7 * at));
  const gate = device.tensor(gateValues({ mode: GATE_MODE.hard, temperature: 1 }));
  const state = model.start(EPISODES);
  const numbers: Float32Array[] = [];
  for (let t = 0; t < 4; t++) {
    const [e, proposal] = [device.tensor(wave(width, t), [EPISODES, width]), device.tensor(wave(latent, -t), [EPISODES, latent])];
    const { beta, z } = noGrad(() => model.step(e, proposal, state, gate));
    const written = noGrad(() => model.steer(z, e));
    for (const tensor of [beta, z, written]) numbers.push((await tensor.read()) as Float32Array);
  }
  return numbers;
}

const parametersOf = async (store: ParameterStore) => [...(await store.save())];

function varied(numbers: readonly Float32Array[]): void {
  for (const each of numbers) expect(new Set(each).size).toBeGreaterThan(1);
}

it('the sequence model', async () => {
  const lab: Base = loadBase(device, opened('base', 'pretrain'));
  const ours = await loadModel(device, gridMini.base);
  expect(await parametersOf(ours.store)).toEqual(await parametersOf(lab.store));
  const [theirs, read] = [await readBy(lab.model), await readBy(ours.model)];
  expect(theirs).toHaveLength(3);
  varied(theirs);
  expect(read).toEqual(theirs);
  for (const each of [lab, ours]) each.dispose();
});

it('the metacontroller', async () => {
  const base = loadBase(device, opened('base', 'pretrain'));
  const lab = loadController(device, opened('controller', 'discover'), base);
  const ours = await loadMetacontroller(device, gridMini.controller);
  expect(await parametersOf(ours.store)).toEqual(await parametersOf(lab.store));
  expect(ours.codes).toEqual(lab.codes);
  const [theirs, steered] = [await steeredBy(lab.model as Metacontroller), await steeredBy(ours.model)];
  varied(theirs.slice(1));
  expect(steered).toEqual(theirs);
  for (const each of [base, lab, ours]) each.dispose();
});
