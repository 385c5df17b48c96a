/** Hawk against PyTorch, and its two forms against each other. */
import { discreteSpace, HostRandom, NONE, rowsSpace } from '@coxswain/base';
import { add, backward, type Device, noGrad, ParameterStore, type Tensor } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { f32, readGolden } from '../../../../kernels/src/testing/golden.js';
import { randomNormal, relativeError } from '../../../../kernels/src/testing/harness.js';
import { checkHawkConfig, type HawkConfig } from './config.js';
import { Hawk } from './model.js';

/** Rows of the table that observations are looked up in. */
const ROWS = 12;
const CONFIG: HawkConfig = {
  width: 24,
  depth: 1,
  heads: 3,
  taps: 4,
  mlp: 20,
  observation: rowsSpace(ROWS, 1, false),
  action: discreteSpace(4),
  predicted: discreteSpace(5),
  initialisation: 'small-output',
};

describe.each(['software', 'gpu'] as const)('Hawk on %s kernels', (family) => {
  let device: Device;
  beforeAll(async () => {
    device = await requestDevice({ family });
  });
  afterAll(() => {
    expect(device.live).toBe(0);
    device.close();
  });

  const make = (change: Partial<HawkConfig> = {}, trainable = false): { model: Hawk; store: ParameterStore } => {
    const store = new ParameterStore(device, trainable);
    const model = new Hawk(store, { ...CONFIG, ...change });
    store.finish(new HostRandom(1));
    return { model, store };
  };

  test('a block computes what PyTorch does, and its gradients', async () => {
    using _scope = device.scope();
    const golden = readGolden('more/hawk_block');
    const { model, store } = make({}, true);
    const weights = await store.save();
    const names = [...weights.keys()].filter((name) => name.startsWith('layers.0.'));
    for (const name of names) {
      const given = golden[name.slice('layers.0.'.length)];
      expect(given?.shape, name).toEqual([...(weights.get(name)?.shape ?? [])]);
      weights.set(name, { shape: given.shape, data: f32(given) });
    }
    store.load(weights, 'golden block');
    const [batch, time, width] = golden.x.shape;
    const x = new ParameterStore(device);
    x.declare('x', [batch * time, width], (values) => values.set(f32(golden.x)));
    x.finish(new HostRandom(0));
    const y = model.blocks(x.get('x'), { batch, time });
    expect(relativeError(await y.read(), golden.y.data)).toBeLessThan(1e-5);
    store.zeroGradients();
    x.zeroGradients();
    backward(y, device.tensor(f32(golden.dy), [batch * time, width]));
    const gradientOf = async (tensor: Tensor): Promise<Float32Array> => (await (tensor.gradient as Tensor).read()) as Float32Array;
    expect(relativeError(await gradientOf(x.get('x')), golden.dx.data), 'dx').toBeLessThan(1e-4);
    for (const name of names) {
      const expected = golden[`d ${name.slice('layers.0.'.length)}`].data;
      expect(relativeError(await gradientOf(store.get(name)), expected), name).toBeLessThan(1e-4);
    }
    x.dispose();
    store.dispose();
  });

  /** What a model makes of sequences as wholes: action logits by sequence, time and action. */
  const batch = 3;
  const time = 11;
  const observations = Int32Array.from({ length: batch * time }, (_, i) => (7 * i + Math.floor(i / 5)) % ROWS);
  const shift = (): Tensor => device.tensor(randomNormal(CONFIG.width, 5), [1, CONFIG.width]);

  test.each([4, 1])('a step at a time gives what whole sequences give, %i taps, with an edit in the middle', async (taps) => {
    using _scope = device.scope();
    const { model, store } = make({ depth: 2, taps });
    const by = shift();
    const hooks = [{ layer: 1, edit: (e: Tensor) => add(e, by) }];
    const whole = await noGrad(
      () => model.forward(device.tensor(observations, [batch * time, 1]), { batch, time }, hooks).action.parameters[0],
    ).read();
    const memory = model.memory(batch, time);
    // Sequence 0 has ended after a few steps; the others lie in other rows than they are played in.
    const row = device.tensor(new Uint32Array(batch));
    const indices = device.tensor(new Int32Array(batch), [batch, 1]);
    const program = device.capture(() =>
      noGrad(() => ({ logits: model.action(model.stepBlocks(model.embed(indices), memory.of(row), 0, 2, hooks)).parameters[0] })),
    );
    // Twice: what is left of the sequences before must not be seen.
    for (let round = 0; round < 2; round++) {
      memory.begin();
      for (let t = 0; t < time; t++) {
        const places = t < 4 ? [2, 0, 1] : [2, 1, NONE];
        row.write(Uint32Array.from(places));
        indices.write(Int32Array.from(places, (at) => (at === NONE ? -1 : observations[at * time + t])));
        if (t > 0) memory.step.write(Uint32Array.of(t));
        program.run();
        const logits = (await program.outputs.logits.read()) as Float32Array;
        for (const [i, at] of places.entries()) {
          if (at === NONE) continue;
          const expected = whole.subarray((at * time + t) * 4, (at * time + t + 1) * 4);
          expect(relativeError(logits.subarray(4 * i, 4 * i + 4), expected), `round ${round}, step ${t}, row ${i}`).toBeLessThan(1e-5);
        }
      }
    }
    program.dispose();
    memory.dispose();
    store.dispose();
  });

  test('steps in order need no list of rows', async () => {
    using _scope = device.scope();
    const { model, store } = make();
    const whole = await noGrad(
      () => model.forward(device.tensor(observations, [batch * time, 1]), { batch, time }).action.parameters[0],
    ).read();
    const memory = model.memory(batch, time);
    memory.begin();
    for (let t = 0; t < 3; t++) {
      const now = device.tensor(
        Int32Array.from({ length: batch }, (_, i) => observations[i * time + t]),
        [batch, 1],
      );
      const logits = await noGrad(() => model.action(model.stepBlocks(model.embed(now), memory)).parameters[0]).read();
      const expected = Float32Array.from({ length: 4 * batch }, (_, i) => whole[(Math.floor(i / 4) * time + t) * 4 + (i % 4)]);
      expect(relativeError(logits, expected), `step ${t}`).toBeLessThan(1e-5);
    }
    memory.dispose();
    store.dispose();
  });
});

test.each([
  [{ heads: 5 }, 'heads is 5, expected a divisor of the width 24'],
  [{ taps: 0 }, 'taps is 0, expected an integer from 1 to 32'],
  [{ width: 1.5 }, 'width is 1.5, expected a positive integer'],
])('sizes %o are refused by name', (change, words) => {
  expect(() => checkHawkConfig({ ...CONFIG, ...change })).toThrow(words);
});
