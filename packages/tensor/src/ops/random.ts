/**
 * Random numbers drawn on the GPU by Philox 4×32-10. A draw is a function of its `RandomState` (seed and step) and its
 * stream number, which tells apart the draws of one step, an integer from 0 to 2³² − 1 (CoxswainError `bad-stream` for
 * any other); only `dropout` has a gradient.
 */
import { requireWord } from '@coxswain/base';
import {
  philoxCategorical as categoricalKernel,
  type DrawShape,
  dropout as dropoutKernel,
  type Kernel,
  philoxLogistic as logisticKernel,
  philoxNormal as normalKernel,
  philoxUniform as uniformKernel,
} from '@coxswain/kernels';
import { noGradient, op } from '../autograd.js';
import { requireDimensions, requireDType, requireNumber, requirePositive } from '../checks.js';
import { ShapeError } from '../errors.js';
import type { RandomState } from '../random.js';
import type { Dimensions, Tensor } from '../tensor.js';

function draw(kernel: Kernel<DrawShape>, random: RandomState, stream: number, shape: Dimensions, owner?: Tensor): Tensor<'f32'> {
  const { device } = random;
  requireWord('a random draw', 'stream', stream);
  requireDimensions('a random draw', shape);
  if (owner && owner.size !== shape[0])
    throw new ShapeError('a random draw', `${owner.size} owners of a draw [${shape}]`, 'one for each of its rows');
  const out = device.empty(shape);
  const sizes = { count: out.size, stream, owned: owner ? 1 : 0, columns: owner && out.size > 0 ? out.size / owner.size : 1 };
  device.dispatch(kernel, sizes, { state: random.tensor, owner: owner ?? device.dummy, out });
  return out;
}

/**
 * Uniform numbers in the open interval (0, 1), multiples of 2⁻²⁴.
 * @returns [...shape]
 */
export const philoxUniform = (random: RandomState, stream: number, shape: Dimensions): Tensor<'f32'> =>
  draw(uniformKernel, random, stream, shape);

/**
 * Standard normal numbers.
 * @param owner u32 [rows], for a draw [rows, …]: row r is row `owner[r]` of the draw without, so that numbers can
 * belong to something that moves from row to row.
 * @returns [...shape]
 */
export const philoxNormal = (random: RandomState, stream: number, shape: Dimensions, owner?: Tensor): Tensor<'f32'> =>
  draw(normalKernel, random, stream, shape, owner);

/**
 * Standard logistic numbers: σ((x + noise) / temperature) is a relaxed Bernoulli variable of logit x.
 * @returns [...shape]
 */
export const philoxLogistic = (random: RandomState, stream: number, shape: Dimensions): Tensor<'f32'> =>
  draw(logisticKernel, random, stream, shape);

/**
 * Dropout (Srivastava et al. 2014): every element becomes 0 with the given probability, else it is divided by 1 −
 * probability. For training: leave it out otherwise. The mask takes no memory, the gradient draws it again; so the
 * random state has to stay as it was until `backward` (GradientError `changed` otherwise).
 * @param x f32 of any shape. @throws ShapeError for another dtype, at probability 0 too.
 * @param probability at least 0 and below 1; at 0 the result is x itself. @throws ArgumentError for any other.
 * @param stream tells apart the draws of one step.
 * @returns of the same shape
 */
export function dropout(x: Tensor, probability: number, random: RandomState, stream: number): Tensor<'f32'> {
  requireDType('dropout', 'x', x, 'f32');
  requireWord('dropout', 'stream', stream);
  requireNumber('dropout', 'probability', probability, 'a number of at least 0 and below 1', (p) => p >= 0 && p < 1);
  if (probability === 0) return x as Tensor<'f32'>;
  const { device } = x;
  const shape = { count: x.size, stream, probability, scale: 1 / (1 - probability) };
  const masked = (values: Tensor): Tensor<'f32'> => {
    const out = device.empty(values.shape);
    device.dispatch(dropoutKernel, shape, { state: random.tensor, x: values, out });
    return out;
  };
  const out = masked(x);
  op('dropout', [x], [out], ([g]) => [masked(g as Tensor)], { saves: [random.tensor] });
  return out;
}

export interface CategoricalOptions {
  readonly owner?: Tensor;
  readonly into?: { readonly logProb: Tensor; readonly place: Tensor };
  readonly temperature?: number;
}

/**
 * One class per row drawn from softmax(logits / temperature).
 * @param logits [N, classes]
 * @param owner u32 [N]: what each draw belongs to, where that moves from row to row; the row itself when absent.
 * @param into a tensor `logProb` whose element `place[i]`, u32 [N], becomes row i's log-probability, where it has such
 * an element; a new tensor [N] when absent.
 * @param temperature a positive number; below 1 the likeliest classes are drawn more often.
 * @returns `index` i32 [N] and its log-probability in nats, `logProb`.
 */
export function philoxCategorical(
  logits: Tensor,
  random: RandomState,
  stream: number,
  { owner, into, temperature = 1 }: CategoricalOptions = {},
): { index: Tensor<'i32'>; logProb: Tensor<'f32'> } {
  const { device } = logits;
  requireWord('philoxCategorical', 'stream', stream);
  const [rows, classes] = logits.shape;
  requirePositive('philoxCategorical', 'temperature', temperature);
  if (classes === 0) throw new ShapeError('philoxCategorical', `logits [${logits.shape}]`, 'at least one class');
  if (logits.shape.length !== 2 || (owner && owner.size !== rows) || (into && into.place.size !== rows))
    throw new ShapeError(
      'philoxCategorical',
      `logits [${logits.shape}], owner [${owner?.shape}], place [${into?.place.shape}]`,
      '[N, classes] and [N]',
    );
  const index = device.empty([rows], 'i32');
  const logProb = (into?.logProb as Tensor<'f32'> | undefined) ?? device.empty([rows]);
  const shape = { rows, classes, stream, owned: owner ? 1 : 0, placed: into ? 1 : 0, places: logProb.size, sharpness: 1 / temperature };
  const optional = { owner: owner ?? device.dummy, place: into?.place ?? device.dummy };
  device.dispatch(categoricalKernel, shape, { state: random.tensor, logits, ...optional, index, logProb });
  noGradient('philoxCategorical', { logits }, [logProb]);
  return { index, logProb };
}
