/** Element by element, of several tensors with numpy's broadcasting. NaN and infinity arrive where PyTorch has them. */
import {
  type BinaryKernel,
  binary,
  binaryBackward,
  broadcastShape,
  type CastName,
  casts,
  type OperandFields,
  operandFields,
  PAIRS,
  type PairGradient,
  type PairName,
  where as whereKernels,
} from '@coxswain/kernels';
import { noGradient, op, setGradientSum } from '../autograd.js';
import { requireDType, requireKnown } from '../checks.js';
import { ShapeError } from '../errors.js';
import type { Dimensions, DType, Tensor } from '../tensor.js';
import { rectifyGradient } from './functions.js';
import { sumTo } from './reduce.js';

export * from './functions.js';

/** @throws ShapeError where the operands do not broadcast together, or along more than four separate axes. */
function broadcast<Operand extends string>(
  name: string,
  operands: Readonly<Record<Operand, Tensor>>,
): { readonly shape: Dimensions; readonly fields: OperandFields<Operand> } {
  const shapes = Object.fromEntries(Object.entries<Tensor>(operands).map(([operand, { shape }]) => [operand, shape]));
  try {
    return {
      shape: (Object.values(shapes) as Dimensions[]).reduce(broadcastShape),
      fields: operandFields(shapes as Record<Operand, Dimensions>),
    };
  } catch (error) {
    throw new ShapeError(name, (error as Error).message, 'shapes that broadcast together, along at most 4 separate axes');
  }
}

function launchPair(name: PairName, a: Tensor, b: Tensor): Tensor {
  const { elements, mask } = PAIRS[name];
  if (!elements.includes(a.dtype) || a.dtype !== b.dtype)
    throw new ShapeError(name, `tensors of ${a.dtype} and ${b.dtype}`, `two of one dtype among ${elements.join(', ')}`);
  const { shape, fields } = broadcast(name, { a, b });
  const out = a.device.empty(shape, mask ? 'u32' : a.dtype);
  const kernels = binary[name] as Readonly<Record<DType, BinaryKernel>>;
  a.device.dispatch(kernels[a.dtype], fields, { a, b, out });
  return out;
}

/** A gradient before any sum over what was broadcast. */
function launchGradient(name: PairName, { reads, kernel }: PairGradient, operands: Readonly<Record<'g' | 'a' | 'b', Tensor>>): Tensor {
  const { g } = operands;
  const read = Object.fromEntries(reads.map((operand) => [operand, operands[operand]])) as typeof operands;
  const out = g.device.empty(g.shape);
  g.device.dispatch(kernel, broadcast(name, read).fields, { ...read, out });
  return out;
}

function pair(name: PairName, a: Tensor, b: Tensor): Tensor {
  const out = launchPair(name, a, b);
  const gradients = binaryBackward[name];
  if (!gradients || a.dtype !== 'f32') {
    noGradient(name, { a, b }, [out]);
    return out;
  }
  const toward = (g: Tensor, of: Tensor, gradient: PairGradient, text: string): Tensor | null => {
    if (!of.requiresGradient) return null;
    return sumTo(text === 'g' ? g : launchGradient(name, gradient, { g, a, b }), of.shape);
  };
  const [textA, textB] = PAIRS[name].gradients ?? [];
  const reads = new Set(gradients.flatMap((gradient) => gradient.reads));
  const saves = [...(reads.has('a') ? [a] : []), ...(reads.has('b') ? [b] : [])];
  const backward = (g: Tensor): (Tensor | null)[] => [
    toward(g, a, gradients[0], textA as string),
    toward(g, b, gradients[1], textB as string),
  ];
  op(name, [a, b], [out], ([g]) => backward(g as Tensor), { saves });
  return out;
}

type Pair = <D extends DType>(a: Tensor<D>, b: Tensor<D>) => Tensor<D>;
type Comparison = (a: Tensor, b: Tensor) => Tensor<'u32'>;
const pairOf =
  (name: PairName): Pair =>
  <D extends DType>(a: Tensor<D>, b: Tensor<D>) =>
    pair(name, a, b) as Tensor<D>;
const maskOf =
  (name: PairName): Comparison =>
  (a, b) =>
    pair(name, a, b) as Tensor<'u32'>;

/** a + b; f32 with a gradient, i32 and u32 modulo 2³². */
export const add = pairOf('add');
/** a − b; f32 with a gradient, i32 and u32 modulo 2³². */
export const sub = pairOf('sub');
/** a · b; f32 with a gradient, i32 and u32 modulo 2³². */
export const mul = pairOf('mul');
/** a / b, f32. */
export const div = pairOf('div');
/** The smaller of the two, f32; a tie shares its gradient. */
export const minimum = pairOf('minimum');
/** The larger of the two, f32; a tie shares its gradient. */
export const maximum = pairOf('maximum');

/**
 * max(a + b, 0), f32.
 * @param a [...], and b of a shape that broadcasts with it
 * @returns [...], the shape that both broadcast to
 */
export function addRelu(a: Tensor, b: Tensor): Tensor<'f32'> {
  const out = launchPair('addRelu', a, b) as Tensor<'f32'>;
  const backward = (dout: Tensor): Tensor[] => {
    const g = rectifyGradient(dout, out);
    return [sumTo(g, a.shape), sumTo(g, b.shape)];
  };
  op('addRelu', [a, b], [out], ([dout]) => backward(dout as Tensor), { saves: [out], kind: 'relu' });
  return out;
}

// Masks: u32, 1 where it holds and 0 where not. They have no gradient.

/** Where a < b: a mask, like all comparisons of two tensors of one dtype. It has no gradient. */
export const lt = maskOf('lt');
/** Where a ≤ b. */
export const le = maskOf('le');
/** Where a > b. */
export const gt = maskOf('gt');
/** Where a ≥ b. */
export const ge = maskOf('ge');
/** Where a = b; nothing equals NaN. */
export const eq = maskOf('eq');
/** Where a ≠ b, the opposite of `eq`. */
export const ne = maskOf('ne');
/** Where both of two masks hold. */
export const logicalAnd = maskOf('logicalAnd');
/** Where either of two masks holds, or both. */
export const logicalOr = maskOf('logicalOr');

/**
 * Where a mask does not hold.
 * @param mask u32 [...]
 * @returns of the same shape
 */
export function logicalNot(mask: Tensor): Tensor<'u32'> {
  requireDType('logicalNot', 'mask', mask, 'u32');
  return convert('logicalNot', mask, 'u32');
}

function convert<D extends DType>(name: CastName, x: Tensor, dtype: D): Tensor<D> {
  const out = x.device.empty(x.shape, dtype);
  x.device.dispatch(casts[name], { count: x.size, a: 0, b: 0 }, { x, out });
  noGradient(name, { x }, [out]);
  return out;
}

/**
 * The elements in another dtype; x itself where it has that already. f32 to whole numbers is cut towards 0, with the
 * ends of the range past them and 0 for NaN; between whole numbers the bits stay; to f32 it is the nearest. No gradient
 * flows into whole numbers.
 * @param x of any shape
 * @returns of the same shape
 */
export function cast<D extends DType>(x: Tensor, dtype: D): Tensor<D> {
  requireKnown('cast', dtype);
  return x.dtype === dtype ? (x as Tensor<D>) : convert(`${x.dtype}-to-${dtype}` as CastName, x, dtype);
}

/**
 * a where the mask is not 0, else b, with broadcasting of all three. The gradient goes to what was chosen.
 * @param condition a mask, u32
 * @param a and b of one dtype
 * @returns [...], the shape that all three broadcast to
 */
export function where<D extends DType>(condition: Tensor, a: Tensor<D>, b: Tensor<D>): Tensor<D> {
  requireDType('where', 'condition', condition, 'u32');
  if (a.dtype !== b.dtype) throw new ShapeError('where', `tensors of ${a.dtype} and ${b.dtype}`, 'two of one dtype');
  const out = choose(condition, a, b) as Tensor<D>;
  if (a.dtype !== 'f32') {
    noGradient('where', { a, b }, [out]);
    return out;
  }
  const backward = (g: Tensor): (Tensor | null)[] => {
    const zero = g.device.zeros([1]);
    return [
      a.requiresGradient ? sumTo(choose(condition, g, zero), a.shape) : null,
      b.requiresGradient ? sumTo(choose(condition, zero, g), b.shape) : null,
    ];
  };
  op('where', [a, b], [out], ([g]) => backward(g as Tensor), { saves: [condition] });
  return out;
}

function choose(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  const { shape, fields } = broadcast('where', { condition, a, b });
  const out = a.device.empty(shape, a.dtype);
  a.device.dispatch(whereKernels[a.dtype], fields, { condition, a, b, out });
  return out;
}

setGradientSum((a, b) => launchPair('add', a, b));
