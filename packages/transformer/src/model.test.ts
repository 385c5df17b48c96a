import { add, type Device, noGrad, type Tensor } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readGolden } from '../../../kernels/src/testing/golden.js';
import { relativeError } from '../../../kernels/src/testing/harness.js';
import { GOLDEN_LAYER, goldenBase, goldenObservations } from './testing/golden-base.js';

const EPISODES = 32;

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
const position = Int32Array.from({ length: EPISODES * time }, (_, i) => golden.pos.data[Math.floor(i / time) * (time + 1) + (i % time)]);
const observations = goldenObservations(golden.layout.data, position, time);
const SLOTS = 50;

/** The first `columns` of every real step: what torch computed in the padding is not part of an episode. */
function real(values: ArrayLike<number>, columns: number): Float64Array {
  const out: number[] = [];
  for (let i = 0; i < EPISODES; i++) {
    for (let t = 0; t < golden.length.data[i]; t++) for (let c = 0; c < columns; c++) out.push(values[(i * time + t) * columns + c]);
  }
  return Float64Array.from(out);
}

test('a trained model agrees with PyTorch: residual stream at every depth, both heads', async () => {
  using _scope = device.scope();
  const { model, store } = goldenBase(device);
  const { width, depth } = model.config;
  const taps: Tensor[] = [];
  const hooks = Array.from({ length: depth + 1 }, (_, layer) => ({ layer, read: (e: Tensor) => void taps.push(e) }));
  const heads = noGrad(() => model.forward(device.tensor(observations, [EPISODES * time, SLOTS]), { batch: EPISODES, time }, hooks));
  const perLayer = EPISODES * time * width;
  for (const [l, residual] of taps.entries()) {
    const expected = golden.residual.data.subarray(l * perLayer, (l + 1) * perLayer);
    expect(relativeError(real(await residual.read(), width), real(expected, width)), `layer ${l}`).toBeLessThan(1e-3);
  }
  expect(taps).toHaveLength(depth + 1);
  expect(relativeError(real(await heads.action.parameters[0].read(), 4), real(golden.logits.data, 4))).toBeLessThan(1e-3);
  expect(
    relativeError(real((await heads.predicted?.parameters[0].read()) ?? [], 16), real(golden.observation_logits.data, 16)),
  ).toBeLessThan(1e-3);
  model.dispose();
  store.dispose();
});

test('one step at a time gives what whole sequences give, with an edit in the middle', async () => {
  using _scope = device.scope();
  const { model, store } = goldenBase(device);
  const { width, depth } = model.config;
  const shift = device.tensor(
    Float32Array.from({ length: width }, (_, i) => Math.sin(i)),
    [1, width],
  );
  const hooks = [{ layer: GOLDEN_LAYER, edit: (e: Tensor) => add(e, shift) }];
  const full = await noGrad(() =>
    model.forward(device.tensor(observations, [EPISODES * time, SLOTS]), { batch: EPISODES, time }, hooks),
  ).action.parameters[0].read();
  const memory = model.memory(EPISODES, time);
  const indices = device.tensor(new Int32Array(EPISODES * SLOTS), [EPISODES, SLOTS]);
  const program = device.capture(() =>
    noGrad(() => ({ logits: model.action(model.stepBlocks(model.embed(indices), memory, 0, depth, hooks)).parameters[0] })),
  );
  for (let t = 0; t < time; t++) {
    const now = Int32Array.from(
      { length: EPISODES * SLOTS },
      (_, i) => observations[(Math.floor(i / SLOTS) * time + t) * SLOTS + (i % SLOTS)],
    );
    indices.write(now);
    memory.step.write(Uint32Array.of(t));
    program.run();
    const step = await program.outputs.logits.read();
    const expected = Float32Array.from({ length: EPISODES * 4 }, (_, i) => full[(Math.floor(i / 4) * time + t) * 4 + (i % 4)]);
    expect(relativeError(step, expected), `step ${t}`).toBeLessThan(1e-5);
  }
  program.dispose();
  memory.dispose();
  model.dispose();
  store.dispose();
});
