/** Products of matrices, and of batches of them. */
import { broadcastShape, type MatmulShape, PLAIN_PRODUCT } from '@coxswain/kernels';
import { accumulator, noGrad, op } from '../autograd.js';
import { ShapeError } from '../errors.js';
import { type Dimensions, sizeOf, type Tensor } from '../tensor.js';
import { launchProduct } from './half.js';
import { weightGradient } from './linear.js';
import { sumTo } from './reduce.js';
import { expand } from './shape.js';

export interface MatmulOptions {
  /** a is stored [..., k, m] instead of [..., m, k]. */
  readonly transposeA?: boolean;
  /** b is stored [..., n, k] instead of [..., k, n]. */
  readonly transposeB?: boolean;
}

/**
 * The product of two matrices, op(a) · op(b), as `torch.matmul` has it; a sum of nothing is 0.
 * @param a f32 [m, k], or [k, m] with `transposeA`
 * @param b f32 [k, n], or [n, k] with `transposeB`
 * @returns [m, n]
 * @throws ShapeError where they do not fit together.
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor<'f32'> {
  if (a.shape.length !== 2 || b.shape.length !== 2)
    throw new ShapeError('matmul', `a [${a.shape}] and b [${b.shape}]`, 'two matrices; batchedMatmul takes more axes');
  return multiplied('matmul', a, b, options);
}

/**
 * The products of many matrices, op(a) · op(b) for each: the last two axes are the matrices', those before them are
 * stretched over each other as numpy's are.
 * @param a f32 [..., m, k], or [..., k, m] with `transposeA`
 * @param b f32 [..., k, n], or [..., n, k] with `transposeB`
 * @returns [..., m, n]
 * @throws ShapeError where they do not fit together.
 */
export function batchedMatmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor<'f32'> {
  if (a.shape.length < 2 || b.shape.length < 2)
    throw new ShapeError('batchedMatmul', `a [${a.shape}] and b [${b.shape}]`, 'two axes or more in each');
  return multiplied('batchedMatmul', a, b, options);
}

const leading = (x: Tensor): Dimensions => x.shape.slice(0, -2);

function multiplied(name: string, a: Tensor, b: Tensor, options: MatmulOptions): Tensor<'f32'> {
  const { transposeA = false, transposeB = false } = options;
  const { m, n, k, lead } = sizesOf(name, a, b, options);
  if (lead.length > 0 && !transposeA && sizeOf(leading(b)) === 1 && sizeOf(leading(a)) === sizeOf(lead)) {
    // All rows meet the same matrix: they are the rows of one product.
    const rows = a.reshape([sizeOf(lead) * m, k]);
    return multiplied(name, rows, b.reshape(b.shape.slice(-2)), options).reshape([...lead, m, n]);
  }
  const c = product(a, b, options);
  op(name, [a, b], [c], ([gradient]) => {
    const dc = gradient as Tensor;
    const da = (): Tensor =>
      transposeA ? product(b, dc, { transposeA: transposeB, transposeB: true }) : product(dc, b, { transposeB: !transposeB });
    const db = (): Tensor =>
      transposeB ? product(dc, a, { transposeA: true, transposeB: transposeA }) : product(a, dc, { transposeA: !transposeA });
    const inPlace = lead.length === 0 && !transposeA;
    if (b.requiresGradient && inPlace) weightGradient(transposeB ? dc : a, transposeB ? a : dc, accumulator(b));
    return [a.requiresGradient ? sumTo(da(), a.shape) : null, b.requiresGradient && !inPlace ? sumTo(db(), b.shape) : null];
  });
  return c;
}

/** Sizes of a product and the axes before them. @throws ShapeError where operands do not fit together. */
function sizesOf(name: string, a: Tensor, b: Tensor, { transposeA, transposeB }: MatmulOptions) {
  const [rows, columns] = a.shape.slice(-2);
  const [rowsB, columnsB] = b.shape.slice(-2);
  const [m, k] = transposeA ? [columns, rows] : [rows, columns];
  const [inner, n] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  const value = `a ${a.dtype} [${a.shape}]${transposeA ? ' transposed' : ''} and b ${b.dtype} [${b.shape}]${transposeB ? ' transposed' : ''}`;
  if (a.dtype !== 'f32' || b.dtype !== 'f32') throw new ShapeError(name, value, 'operands of f32');
  if (inner !== k) throw new ShapeError(name, value, `as many columns of a (${k}) as rows of b`);
  try {
    return { m, n, k, lead: broadcastShape(leading(a), leading(b)) };
  } catch {
    throw new ShapeError(name, value, 'axes before the last two that broadcast together');
  }
}

/** An axis of a batch, and how many matrices further on each operand's next one lies. */
interface BatchAxis {
  readonly size: number;
  readonly a: number;
  readonly b: number;
}

/** Axes that a product's kernels walk over. */
const AXES = 3;

const padded = (shape: Dimensions, rank: number): number[] => [...new Array<number>(rank - shape.length).fill(1), ...shape];

/** The axes of a batch, those that can be walked over together joined, at least one. */
function batchAxes(lead: Dimensions, a: Dimensions, b: Dimensions): BatchAxis[] {
  const [sizesA, sizesB] = [padded(a, lead.length), padded(b, lead.length)];
  const axes: BatchAxis[] = [];
  let [strideA, strideB] = [1, 1];
  for (let i = lead.length - 1; i >= 0; i--) {
    const axis = { size: lead[i], a: sizesA[i] === 1 ? 0 : strideA, b: sizesB[i] === 1 ? 0 : strideB };
    strideA *= sizesA[i];
    strideB *= sizesB[i];
    if (axis.size === 1) continue;
    const [inner] = axes;
    if (inner && axis.a === inner.a * inner.size && axis.b === inner.b * inner.size) axes[0] = { ...inner, size: inner.size * axis.size };
    else axes.unshift(axis);
  }
  return axes;
}

/** A copy in which the stretched axes before the last two are written out. */
function writtenOut(x: Tensor, lead: Dimensions): Tensor<'f32'> {
  let out = (x as Tensor<'f32'>).detach().reshape([...padded(leading(x), lead.length), ...x.shape.slice(-2)]);
  lead.forEach((size, axis) => {
    if (out.shape[axis] === size) return;
    const shape = out.shape.map((length, i) => (i === axis ? size : length));
    const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))];
    out = expand(out.reshape([outer, 1, inner]), [outer, size, inner]).reshape(shape);
  });
  return out;
}

/** op(a) · op(b) of each pair of matrices; nothing is recorded. */
function product(a: Tensor, b: Tensor, options: MatmulOptions): Tensor<'f32'> {
  const { device } = a;
  const { m, n, k, lead } = sizesOf('product', a, b, options);
  const axes = batchAxes(lead, leading(a), leading(b));
  if (axes.length > AXES) return noGrad(() => product(writtenOut(a, lead), writtenOut(b, lead), options));
  const c = device.empty([...lead, m, n]);
  if (c.size === 0) return c;
  const none: BatchAxis = { size: 1, a: 0, b: 0 };
  const [first, second, third] = [none, none, none, ...axes].slice(-AXES);
  const [matrixA, matrixB] = [m * k, k * n];
  const shape: MatmulShape = {
    ...PLAIN_PRODUCT,
    m,
    n,
    k,
    transposeA: options.transposeA ? 1 : 0,
    transposeB: options.transposeB ? 1 : 0,
    batch: sizeOf(lead),
    batch1: second.size,
    batch2: third.size,
    a0: first.a * matrixA,
    a1: second.a * matrixA,
    a2: third.a * matrixA,
    b0: first.b * matrixB,
    b1: second.b * matrixB,
    b2: third.b * matrixB,
  };
  const { dummy } = device;
  launchProduct(shape, { a, b, bias: dummy, residual: dummy, c, sums: dummy });
  return c;
}
