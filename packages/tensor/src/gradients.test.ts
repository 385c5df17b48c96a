/** Gradients that are right where graphs are odd, and refused where they cannot be had. */
import { CoxswainError, HostRandom } from '@coxswain/base';
import { binary, operandFields } from '@coxswain/kernels';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accumulator, backward, backwardSum, noGrad, noGradient, op } from './autograd.js';
import type { Device } from './device.js';
import { ShapeError } from './errors.js';
import { requestDevice } from './node.js';
import * as ops from './ops/index.js';
import { ParameterStore } from './parameters.js';
import { RandomState } from './random.js';
import type { Tensor } from './tensor.js';
import { gradientErrors } from './testing/gradient-check.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.close();
});

const { add, addRelu, exp, expand, layerNorm, linear, mul, relu, scale, square, steer, sum } = ops;
const f32 = (values: readonly number[], shape?: readonly number[]): Tensor => device.tensor(Float32Array.from(values), shape);
const leaf = (values: readonly number[], shape?: readonly number[]): Tensor => f32(values, shape).requireGradient();
const gradientOf = async (tensor: Tensor): Promise<number[]> => Array.from(await (tensor.gradient as Tensor).read());
const wave = (n: number, phase: number): number[] => Array.from({ length: n }, (_, i) => 1.2 * Math.sin(i * 1.7 + phase) + 0.1);

/** What is thrown, by its code: a test against another build must not pass for want of the class. */
function codeOf(body: () => unknown): { readonly code: string; readonly message: string } {
  try {
    body();
  } catch (error) {
    if (error instanceof CoxswainError) return error;
    throw error;
  }
  return { code: 'none', message: 'nothing was thrown' };
}

describe('a relu, and gradients that have been through one', () => {
  const SEED = [-1, 1, -1, 1];

  test('a seed that itself came out of a relu is a gradient like any other', async () => {
    using _scope = device.scope();
    const x = leaf([-1, 2, -3, 4]);
    backward(relu(x), relu(f32([1, 1, 1, 1])));
    expect(await gradientOf(x)).toEqual([0, 1, 0, 1]);
    const [a, b] = [leaf([-1, 2, -3, 4]), f32([0, 0, 0, 0])];
    backward(addRelu(a, b), addRelu(f32([2, 2, 2, 2]), b));
    expect(await gradientOf(a)).toEqual([0, 2, 0, 2]);
  });

  test('the same through a view, and for the layers that rectify by themselves', async () => {
    using _scope = device.scope();
    const x = leaf([-1, 2, -3, 4]);
    const seed = relu(f32([1, 1, 1, 1])).reshape([2, 2]);
    backward(relu(x).reshape([2, 2]), seed);
    expect(await gradientOf(x)).toEqual([0, 1, 0, 1]);
    const w = leaf([1, 0, 0, 1], [2, 2]);
    backward(linear(f32([-1, 2], [1, 2]), w, { relu: true }), relu(f32([1, 1], [1, 2])));
    expect(await gradientOf(w)).toEqual([0, 0, -1, 2]);
  });

  test('the output of a relu as gradient of an operation', async () => {
    using _scope = device.scope();
    const x = leaf(SEED);
    const y = relu(x);
    const out = noGrad(() => scale(y, 1));
    // A custom operation whose gradient is made by a relu.
    op('custom', [y], [out], ([g]) => [relu(g as Tensor)]);
    backward(out, f32([1, 1, -1, -1]));
    expect(await gradientOf(x)).toEqual([0, 1, 0, 0]);
  });

  test('a relu of a relu, and one whose output has other uses', async () => {
    using _scope = device.scope();
    const [x, w] = [leaf([-1, 2, 3, -4], [2, 2]), f32([1, -1, 2, 1], [2, 2])];
    const inner = relu(x);
    const y = linear(relu(inner), w);
    backward(add(sum(y), sum(inner)));
    // Columns of w sum to 3 and 0, plus 1 from the other use; nothing where x is negative.
    expect(await gradientOf(x)).toEqual([0, 1, 4, 0]);
  });

  test('an output of a relu that was made a leaf has the gradient before any relu, also through an older view', async () => {
    using _scope = device.scope();
    const y = relu(f32([-1, 2], [1, 2]).requireGradient());
    const view = y.reshape([1, 2]);
    y.requireGradient();
    backward(sum(linear(view, f32([3, 5], [1, 2]))));
    expect(await gradientOf(y)).toEqual([3, 5]);
  });

  test('a product still does the relu before it in its own launch', () => {
    using _scope = device.scope();
    const count = (x: Tensor): number => {
      device.flush();
      const before = device.counters.dispatches;
      const w = f32([1, 2], [1, 2]);
      backward(linear(x, w), f32([1], [1, 1]));
      device.flush();
      return device.counters.dispatches - before;
    };
    const plain = count(leaf([1, 2], [1, 2]));
    // No launch more: the relu's gradient is in the product.
    expect(count(relu(leaf([1, 2], [1, 2])))).toBe(plain);
    expect(count(relu(leaf([1, 2])).reshape([1, 2]))).toBe(plain);
  });
});

describe('one tensor in several places', () => {
  test('gradients of graphs that share, view and reuse agree with differences', async () => {
    const graphs: Record<string, (x: Tensor, w: Tensor) => Tensor> = {
      'x twice in a product': (x) => linear(x, x),
      'x and its relu into one layer': (x, w) => add(linear(relu(x), w), linear(x, w)),
      'views of a relu in two layers': (x, w) => mul(linear(relu(x).reshape([4, 4]).reshape([4, 4]), w), linear(relu(x), w)),
      'a residual that is the input': (x, w) => linear(x, w, { residual: x }),
      'a layer norm of what is its gain': (x, w) => {
        const row = exp(ops.slice(x, 0, 0, 1).reshape([4]));
        return mul(layerNorm(row, { gamma: row, beta: ops.mean(w, 0) }), linear(x, w));
      },
      'a norm beside the stream': (x, w) => {
        const e = square(x);
        return add(e, linear(layerNorm(e, { gamma: ops.mean(w, 0), beta: ops.mean(x, 0) }), w));
      },
      'steering by what steers': (x, w) => steer(x, relu(ops.slice(x, 1, 0, 3)), w, w, 1),
      'a stretched column': (x, w) => mul(expand(ops.mean(x, 1).reshape([4, 1]), [4, 4], 3), w),
    };
    for (const [name, graph] of Object.entries(graphs)) {
      const inputs = {
        x: { data: Float32Array.from(wave(16, 0.4)), shape: [4, 4] },
        w: { data: Float32Array.from(wave(16, 2.1)), shape: [4, 4] },
      };
      const errors = await gradientErrors(device, inputs, ({ x, w }) => sum(mul(graph(x, w), f32(wave(16, 5), [4, 4]))), 5e-3);
      expect(errors.x, name).toBeLessThan(1e-2);
      if (name !== 'x twice in a product') expect(errors.w, name).toBeLessThan(1e-2);
    }
  });

  test('only one of gain and offset may be trained', async () => {
    using _scope = device.scope();
    const x = f32([1, 3, 2, 8], [2, 2]);
    const gamma = leaf([1, 1]);
    backward(sum(layerNorm(x, { gamma, beta: f32([0, 0]) })));
    const [a, b] = await gradientOf(gamma);
    expect(a).toBeCloseTo(-2, 3);
    expect(b).toBeCloseTo(2, 3);
    const beta = leaf([0, 0]);
    backward(sum(layerNorm(x, { gamma: f32([1, 1]), beta })));
    expect(await gradientOf(beta)).toEqual([2, 2]);
  });

  test('the same loss twice, a leaf as loss, and twice through one graph', async () => {
    using _scope = device.scope();
    const x = leaf([1, 2]);
    const y = square(x);
    backwardSum([y, f32([1, 1])], [y, f32([10, 0])], [x, f32([0, 5])]);
    expect(await gradientOf(x)).toEqual([22, 9]);
    backward(y, f32([1, 1]));
    expect(await gradientOf(x)).toEqual([24, 13]);
  });

  test('a seed that is a gradient of what is differentiated is read before it is added to', async () => {
    using _scope = device.scope();
    const [p, q, s] = [leaf([2, 3]), f32([5, 7]), f32([11, 13])];
    (p.gradient as Tensor).write(Float32Array.of(1, 100));
    backward(add(mul(p, q), mul(p, s)), p.gradient);
    expect(await gradientOf(p)).toEqual([1 + 16, 100 + 2000]);
    backward(p, p.gradient);
    expect(await gradientOf(p)).toEqual([34, 4200]);
    const store = new ParameterStore(device);
    const w = store.declare('w', [2], (values) => values.fill(2));
    store.finish(new HostRandom(0));
    store.gradients.write(new Float32Array(store.gradients.size).fill(3));
    backward(add(mul(w, q), mul(w, s)), w.gradient);
    expect(await gradientOf(w)).toEqual([3 + 48, 3 + 60]);
    store.dispose();
  });

  test('seeds are never written to', async () => {
    using _scope = device.scope();
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    const seed = f32([1, 1]);
    const middle = scale(a, 1);
    backward(add(add(middle, b), square(middle)), seed);
    expect(Array.from(await seed.read())).toEqual([1, 1]);
    expect(await gradientOf(a)).toEqual([3, 5]);
  });

  test.each([
    ['another dtype', () => device.tensor(Int32Array.of(1, 1, 1, 1), [2, 2])],
    ['another shape of the same size', () => f32([1, 1, 1, 1])],
  ])('a seed of %s is refused', (_, seed) => {
    using _scope = device.scope();
    const x = leaf([1, 2, 3, 4], [2, 2]);
    expect(() => backward(square(x), seed())).toThrow(ShapeError);
  });
});

describe('operations without a gradient', () => {
  /** Each gives something made from x [4, 4] by an operation, or an input of one, that has no gradient. */
  const cut: Record<string, readonly [named: RegExp, graph: (x: Tensor) => Tensor]> = {
    gatherRowsOf: [/"x0" of gatherRowsOf/, (x) => ops.gatherRowsOf([x], device.tensor(Uint32Array.of(1)))[0]],
    'scatterRowsOf, what is written into': [
      /"x" of scatterRowsOf/,
      (x) => {
        const out = device.zeros([8, 4]);
        ops.scatterRowsOf([[x, out]], device.tensor(Uint32Array.of(0, 1, 2, 3)));
        return out;
      },
    ],
    copy: [
      /"from" of copy/,
      (x) => {
        const out = device.zeros([4, 4]);
        device.copy(x, out);
        return out;
      },
    ],
    attentionStep: [
      /"qkv" of attentionStep/,
      (x) => {
        const cache = (): Tensor => device.zeros([4, 2, 4]);
        const qkv = ops.concat([x, x, x], 1);
        return ops.attentionStep(qkv, { keys: cache(), values: cache(), step: device.zeros([1], 'u32'), heads: 1 });
      },
    ],
    accumulateSum: [
      /"x" of accumulateSum/,
      (x) => {
        const total = device.zeros([1]);
        ops.accumulateSum(x, total);
        return total;
      },
    ],
    accumulateRows: [
      /"x" of accumulateRows/,
      (x) => {
        const total = device.zeros([4]);
        ops.accumulateRows(x, total);
        return total;
      },
    ],
    philoxCategorical: [
      /"logits" of philoxCategorical/,
      (x) => {
        using random = new RandomState(device, 1);
        return ops.philoxCategorical(x, random, 0).logProb;
      },
    ],
    clippedObjectiveStatistics: [
      /"newLogProb" of clippedObjectiveStatistics/,
      (x) => ops.clippedObjectiveStatistics(x, device.zeros([4, 4]), device.zeros([4, 4]), { clip: 0.2 }),
    ],
    'the mask of a mean': [/"mask" of maskedMean/, (x) => ops.maskedMean(square(x.detach()), x)],
    'the mask of a mean whose values have one': [/"mask" of maskedMean/, (x) => ops.maskedMean(square(x), x)],
    'old log-probabilities': [/"oldLogProb" of clippedObjective/, (x) => ops.clippedObjective(x.detach(), x, x.detach(), { clip: 0.2 })],
    advantages: [/"advantage" of clippedObjective/, (x) => ops.clippedObjective(x, x.detach(), x, { clip: 0.2 })],
    'noise of a sample': [/"noise" of reparameterise/, (x) => ops.reparameterise(device.zeros([4, 4]), device.zeros([4]), x)],
    'noise of a posterior': [/"noise" of gaussianPosterior/, (x) => ops.gaussianPosterior(device.zeros([4, 8]), [-1, 1], x).sample],
    'noise of a switch': [
      /"noise" of switchIntegrate/,
      (x) => {
        const [wz, w2, b2, control] = [device.zeros([2, 3]), device.zeros([2]), device.zeros([1]), f32([0, 1, 0])];
        const given = { proposal: device.zeros([4, 4, 3]), pre: device.zeros([4, 4, 2]), wz, w2, b2, control };
        return ops.switchIntegrate({ ...given, noise: x }).z;
      },
    ],
    'a kernel that nobody stated a gradient of': [
      /"b" of elementwise\/add/,
      (x) => {
        const out = device.empty([4, 4]);
        device.dispatch(binary.add.f32, operandFields({ a: [4, 4], b: [4, 4] }), { a: device.zeros([4, 4]), b: x, out });
        return out;
      },
    ],
    'an operation declared to have none': [
      /"given" of custom/,
      (x) => {
        const out = noGrad(() => scale(x, 2));
        noGradient('custom', { given: x }, [out]);
        return out;
      },
    ],
  };

  test.each(Object.entries(cut))('%s: asking for its gradient is refused by name, before anything is added', async (_, [named, graph]) => {
    using _scope = device.scope();
    const [p, w] = [leaf(wave(16, 1), [4, 4]), leaf([2])];
    const made = mul(graph(scale(p, 1)), w);
    const asked = codeOf(() => backward(sum(made.reshape([made.size]))));
    expect(asked.code).toBe('no-gradient');
    expect(asked.message).toMatch(named);
    expect(await gradientOf(p)).toEqual(new Array(16).fill(0));
    expect(await gradientOf(w)).toEqual([0]);
  });

  test.each(Object.entries(cut))('%s: nothing is refused where gradients are meant to stop, or none is required', async (_, [, graph]) => {
    using _scope = device.scope();
    const x = leaf(wave(16, 1), [4, 4]);
    const w = leaf([2]);
    backward(sum(mul(graph(x.detach()), w)));
    backward(
      sum(
        mul(
          noGrad(() => graph(x)),
          w,
        ),
      ),
    );
    backward(sum(mul(graph(x).detach(), w)));
    expect(await gradientOf(x)).toEqual(new Array(16).fill(0));
  });

  test('what was written over as a whole is free again, and a leaf that is written over stays one', async () => {
    using _scope = device.scope();
    const [p, state] = [leaf([1, 2]), device.zeros([2])];
    device.copy(square(p), state);
    expect(codeOf(() => backward(sum(state))).code).toBe('no-gradient');
    state.write(Float32Array.of(3, 4));
    const w = leaf([1, 1]);
    backward(sum(mul(state, w)));
    expect(await gradientOf(w)).toEqual([3, 4]);
    device.copy(square(p), w);
    backward(sum(square(w)));
    expect(await gradientOf(w)).toEqual([3 + 2, 4 + 8]);
  });

  test('integers that were drawn from logits choose as before', async () => {
    using _scope = device.scope();
    using random = new RandomState(device, 1);
    const logits = leaf([0, 50, 50, 0], [2, 2]);
    const { index } = ops.philoxCategorical(logits, random, 0);
    backward(sum(ops.crossEntropy(logits, index)));
    expect((await gradientOf(logits)).every(Number.isFinite)).toBe(true);
  });
});

describe('values that were changed after they were used', () => {
  const changes: Record<string, (x: Tensor) => void> = {
    write: (x) => x.write(Float32Array.of(9, 9)),
    'a view of it': (x) => x.reshape([2, 1]).write(Float32Array.of(9, 9)),
    copy: (x) => device.copy(device.zeros([2]), x),
    zero: (x) => device.zero(x),
    scatterRowsOf: (x) => ops.scatterRowsOf([[device.zeros([1, 1]), x.reshape([2, 1])]], device.tensor(Uint32Array.of(0))),
    'a captured program': (x) => {
      using program = device.capture(() => {
        device.copy(device.zeros([2]), x);
        return {};
      });
      program.run();
    },
  };
  test.each(Object.entries(changes))('%s: refused, with the operation', (_, change) => {
    using _scope = device.scope();
    const [p, x] = [leaf([1, 2]), f32([3, 4])];
    const loss = sum(mul(p, x));
    change(x);
    const asked = codeOf(() => backward(loss));
    expect(asked.code).toBe('changed');
    expect(asked.message).toContain('mul');
  });

  test('targets and masks count too; what a gradient does not read may change', async () => {
    using _scope = device.scope();
    const logits = leaf([1, 2], [1, 2]);
    const targets = device.tensor(Int32Array.of(1));
    const loss = sum(ops.crossEntropy(logits, targets));
    targets.write(Int32Array.of(0));
    expect(codeOf(() => backward(loss)).code).toBe('changed');
    const [p, x] = [leaf([1, 2]), f32([3, 4])];
    const total = sum(add(p, x));
    x.write(Float32Array.of(0, 0));
    backward(total);
    expect(await gradientOf(p)).toEqual([1, 1]);
  });

  test('a parameter, changed through the flat buffer of its store', () => {
    using _scope = device.scope();
    const store = new ParameterStore(device);
    const w = store.declare('w', [1, 2], (values) => values.fill(2));
    store.finish(new HostRandom(0));
    const loss = sum(linear(leaf([1, 2], [1, 2]), w));
    store.flat.write(new Float32Array(store.flat.size));
    expect(codeOf(() => backward(loss)).code).toBe('changed');
    store.dispose();
  });

  test('what a recorded operation made is not written into', () => {
    using _scope = device.scope();
    const y = add(leaf([1, 2]), f32([1, 1]));
    const into = f32([0, 0]);
    for (const write of [
      () => y.write(Float32Array.of(1, 1)),
      () => device.copy(into, y),
      () => device.zero(y),
      () => ops.accumulateRows(into.reshape([1, 2]), y),
    ])
      expect(codeOf(write).code).toBe('recorded');
    y.detach().write(Float32Array.of(1, 1));
  });

  test('accumulator outside a backward is refused', () => {
    using _scope = device.scope();
    expect(codeOf(() => accumulator(device.zeros([1]))).code).toBe('no-backward');
  });
});
