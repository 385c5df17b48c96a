/** A model whose attention sees only the last steps. */
import { discreteSpace, HostRandom, rowsSpace } from '@coxswain/base';
import { type Device, noGrad, ParameterStore } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomNormal, relativeError } from '../../../kernels/src/testing/harness.js';
import { checkTransformerConfig, type TransformerConfig } from './attention/config.js';
import { Transformer } from './attention/model.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

/** What is seen is one of `ROWS`; what is done one of `ACTIONS`. */
const [ROWS, ACTIONS] = [12, 4];
const CONFIG: TransformerConfig = {
  width: 16,
  depth: 1,
  heads: 2,
  mlp: 32,
  observation: rowsSpace(ROWS, 1, false),
  action: discreteSpace(ACTIONS),
  predicted: discreteSpace(5),
  buckets: 8,
  maxDistance: 16,
  initialisation: 'small-output',
};
const [batch, time] = [2, 12];
const observations = Int32Array.from({ length: batch * time }, (_, i) => (7 * i + Math.floor(i / 5)) % ROWS);

/** A model with a bias for each distance, which start at 0. */
async function makeModel(change: Partial<TransformerConfig>) {
  const store = new ParameterStore(device, false);
  const model = new Transformer(store, { ...CONFIG, ...change });
  store.finish(new HostRandom(1));
  const weights = await store.save();
  for (const [name, { shape }] of weights)
    if (name.endsWith('.rel')) weights.set(name, { shape, data: randomNormal(CONFIG.buckets * CONFIG.heads, 2) });
  store.load(weights, 'a model with biases');
  const actions = (seen: Int32Array) =>
    noGrad(() => model.forward(device.tensor(seen, [batch * time, 1]), { batch, time }).action.parameters[0]).read();
  const dispose = (): void => {
    model.dispose();
    store.dispose();
  };
  return { model, actions, dispose };
}

// Each block sees through the one below: with two, a step reaches 2·(window − 1) steps ahead.
test.each([
  [1, 1, [4]],
  [3, 1, [4, 5, 6]],
  [3, 2, [4, 5, 6, 7, 8]],
  [0, 1, [4, 5, 6, 7, 8, 9, 10, 11]],
  [20, 1, [4, 5, 6, 7, 8, 9, 10, 11]],
])('with a window of %i and depth %i, an input at step 4 reaches the outputs %o and no others', async (window, depth, reached) => {
  using _scope = device.scope();
  const { actions, dispose } = await makeModel({ window, depth });
  const changed = observations.slice();
  changed[4] = (changed[4] + 1) % ROWS;
  const [before, after] = [await actions(observations), await actions(changed)];
  const differing = new Set(Array.from(before.keys()).filter((i) => before[i] !== after[i]));
  expect([...new Set([...differing].map((i) => Math.floor(i / ACTIONS)))]).toEqual(reached);
  dispose();
});

test('without a window, and with one of 0 or the whole sequence, a model computes the same bits', async () => {
  using _scope = device.scope();
  const outputs: Float32Array[] = [];
  for (const window of [undefined, 0, time]) {
    const { actions, dispose } = await makeModel({ window, depth: 2 });
    outputs.push(await actions(observations));
    dispose();
  }
  expect(outputs[1]).toEqual(outputs[0]);
  expect(outputs[2]).toEqual(outputs[0]);
});

test.each([1, 3, 20])('one step at a time gives what whole sequences give, with a window of %i', async (window) => {
  using _scope = device.scope();
  const { model, actions, dispose } = await makeModel({ window, depth: 2 });
  const full = await actions(observations);
  const memory = model.memory(batch, time);
  const indices = device.tensor(new Int32Array(batch), [batch, 1]);
  const program = device.capture(() =>
    noGrad(() => ({ logits: model.action(model.stepBlocks(model.embed(indices), memory)).parameters[0] })),
  );
  for (let t = 0; t < time; t++) {
    indices.write(Int32Array.from({ length: batch }, (_, b) => observations[b * time + t]));
    memory.step.write(Uint32Array.of(t));
    program.run();
    const step = await program.outputs.logits.read();
    const expected = Float32Array.from({ length: batch * 4 }, (_, i) => full[(Math.floor(i / 4) * time + t) * 4 + (i % 4)]);
    expect(relativeError(step, expected), `step ${t}`).toBeLessThan(1e-5);
  }
  program.dispose();
  memory.dispose();
  dispose();
});

test.each([-1, 2.5, Number.NaN])('a window of %o is refused', (window) => {
  expect(() => checkTransformerConfig({ ...CONFIG, window })).toThrow(`window is ${window}, expected a whole number of at least 0`);
});
