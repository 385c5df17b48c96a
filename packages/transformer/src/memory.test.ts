/** Forks: sequences that go on from what another carries are what they would be had they played it all themselves. */
import { discreteSpace, HostRandom, rowsSpace } from '@coxswain/base';
import { type Device, noGrad, ParameterStore } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { relativeError } from '../../../kernels/src/testing/harness.js';
import { Transformer } from './attention/model.js';
import { Hawk } from './hawk/model.js';
import type { Memory } from './memory.js';
import type { SequenceModel } from './sequence-model.js';

const [ROWS, ACTIONS] = [11, 4];
/** Steps that are played before a fork, and in all. */
const [PREFIX, TIME] = [5, 9];
const spaces = { observation: rowsSpace(ROWS, 1), action: discreteSpace(ACTIONS) };
const sizes = { ...spaces, width: 16, depth: 2, heads: 2, mlp: 16, initialisation: 'small-output' } as const;

const models: readonly [string, (store: ParameterStore) => SequenceModel][] = [
  ['Transformer', (store) => new Transformer(store, { ...sizes, buckets: 8, maxDistance: 16 })],
  ['Transformer with a window', (store) => new Transformer(store, { ...sizes, buckets: 8, maxDistance: 16, window: 3 })],
  ['Hawk', (store) => new Hawk(store, { ...sizes, taps: 4 })],
];

describe.each(['software', 'gpu'] as const)('on %s kernels', (family) => {
  let device: Device;
  beforeAll(async () => {
    device = await requestDevice({ family });
  });
  afterAll(() => {
    expect(device.live).toBe(0);
    device.close();
  });

  describe.each(models)('%s', (name, modelOf) => {
    function make() {
      const store = new ParameterStore(device, false);
      const model = modelOf(store);
      store.finish(new HostRandom(1));
      const dispose = (): void => {
        model.dispose();
        store.dispose();
      };
      return { model, dispose };
    }

    /** Plays one step of sequences that see these rows. @returns the logits of their actions. */
    const step = async (model: SequenceModel, memory: Memory, t: number, seen: readonly number[]): Promise<Float32Array> => {
      using _scope = device.scope();
      memory.at(t);
      const observation = device.tensor(Int32Array.from(seen), [seen.length, 1]);
      const logits = noGrad(() => model.action(model.stepBlocks(model.embed(observation), memory)).parameters[0]);
      return (await logits.read()) as Float32Array;
    };
    /** What sequence `i` sees at step `t`. */
    const shown = (i: number, t: number): number => (7 * i + 3 * t + i * t) % ROWS;
    const copy = (memory: Memory, from: readonly number[], to: readonly number[]): void => {
      using _scope = device.scope();
      memory.copy(device.tensor(Uint32Array.from(from)), device.tensor(Uint32Array.from(to)));
    };
    const stateOf = async (memory: Memory, row: number): Promise<Float32Array[]> => {
      const tensors = memory.blocks.flatMap(({ tensors: byName }) => Object.values(byName));
      const read = await device.read(tensors);
      return tensors.map((tensor, i) => {
        const size = tensor.size / tensor.shape[0];
        return (read[i] as Float32Array).slice(row * size, (row + 1) * size);
      });
    };
    const rowOf = (logits: Float32Array, row: number): Float32Array => logits.slice(row * ACTIONS, (row + 1) * ACTIONS);

    test('a fork goes on as a sequence that has played the same prefix', async () => {
      using _scope = device.scope();
      const { model, dispose } = make();
      // Of four sequences, 0 goes on in row 3 as well and 2 in row 1; what rows 1 and 3 carried is gone.
      const [forked, played] = [model.memory(4, TIME), model.memory(4, TIME)];
      const prefix = [0, 2, 2, 0];
      for (let t = 0; t < PREFIX; t++) {
        await step(
          model,
          forked,
          t,
          [0, 1, 2, 3].map((i) => shown(i, t)),
        );
        await step(
          model,
          played,
          t,
          prefix.map((i) => shown(i, t)),
        );
      }
      const before = [await stateOf(forked, 0), await stateOf(forked, 2)];
      copy(forked, [0, 2], [3, 1]);
      // Rows that are read stay as they were, and what they carry is in the others too.
      expect([await stateOf(forked, 0), await stateOf(forked, 2)]).toEqual(before);
      expect([await stateOf(forked, 3), await stateOf(forked, 1)]).toEqual(before);
      for (let t = PREFIX; t < TIME; t++) {
        const seen = [4, 5, 6, 7].map((i) => shown(i, t));
        const [found, expected] = [await step(model, forked, t, seen), await step(model, played, t, seen)];
        expect(found).toEqual(expected);
        // They have parted: rows 0 and 3 share their prefix only.
        expect(rowOf(found, 0)).not.toEqual(rowOf(found, 3));
      }
      for (const memory of [forked, played]) memory.dispose();
      dispose();
    });

    test('rows may change places in one copy', async () => {
      using _scope = device.scope();
      const { model, dispose } = make();
      const memory = model.memory(3, TIME);
      for (let t = 0; t < 3; t++)
        await step(
          model,
          memory,
          t,
          [0, 1, 2].map((i) => shown(i, t)),
        );
      const before = await Promise.all([0, 1, 2].map((row) => stateOf(memory, row)));
      copy(memory, [0, 1], [1, 0]);
      expect([await stateOf(memory, 0), await stateOf(memory, 1), await stateOf(memory, 2)]).toEqual([before[1], before[0], before[2]]);
      memory.dispose();
      dispose();
    });

    // With a window a memory holds the same as without.
    test.skipIf(name.endsWith('window'))('1 024 forks of one row are 1 024 runs of their own', async () => {
      using _scope = device.scope();
      const { model, dispose } = make();
      const FORKS = 1024;
      // Three digits of base 11 tell that many apart.
      const [before, time] = [2, 5];
      const tree = model.memory(FORKS, time);
      // Only row 0 plays the prefix; the others, which saw something else, are written over.
      for (let t = 0; t < before; t++)
        await step(
          model,
          tree,
          t,
          Array.from({ length: FORKS }, (_, i) => shown(i, t)),
        );
      const root = await stateOf(tree, 0);
      copy(
        tree,
        new Array<number>(FORKS - 1).fill(0),
        Array.from({ length: FORKS - 1 }, (_, i) => i + 1),
      );
      expect(await stateOf(tree, 0)).toEqual(root);
      const seenBy = (i: number, t: number): number => Math.floor(i / ROWS ** (t - before)) % ROWS;
      const outputs: Float32Array[] = [];
      for (let t = before; t < time; t++)
        outputs.push(
          await step(
            model,
            tree,
            t,
            Array.from({ length: FORKS }, (_, i) => seenBy(i, t)),
          ),
        );
      const single = model.memory(1, time);
      const observation = device.tensor(new Int32Array(1), [1, 1]);
      const alone = device.capture(() =>
        noGrad(() => ({ logits: model.action(model.stepBlocks(model.embed(observation), single)).parameters[0] })),
      );
      const played: Promise<Float32Array>[] = [];
      for (let i = 0; i < FORKS; i++) {
        for (let t = 0; t < time; t++) {
          single.at(t);
          observation.write(Int32Array.of(t < before ? shown(0, t) : seenBy(i, t)));
          alone.run();
        }
        played.push(alone.outputs.logits.read() as Promise<Float32Array>);
      }
      const runs = await Promise.all(played);
      const last = outputs.at(-1) as Float32Array;
      let worst = 0;
      for (const [i, run] of runs.entries()) worst = Math.max(worst, relativeError(rowOf(last, i), run));
      expect(worst).toBeLessThan(1e-5);
      expect(new Set(runs.map((run) => run.join())).size).toBe(FORKS);
      for (const part of [alone, single, tree]) part.dispose();
      dispose();
    });
  });
});
