/** Products of matrices with operands in half precision and sums in f32: mixed precision for training. */
import {
  fitsTiles,
  type Kernel,
  type MatmulShape,
  type MatmulSplitShape,
  matmulHalfKernel,
  matmulKernel,
  matmulSplit,
  matmulSplitHalf,
  narrow,
  type Shape,
} from '@coxswain/kernels';
import type { Device } from '../device.js';
import { LaunchError } from '../errors.js';
import type { Storage } from '../storage.js';
import { sizeOf, type Tensor } from '../tensor.js';

/**
 * What losses are multiplied by before they are differentiated in half precision, so that small gradients stay above
 * its smallest number, 6e-8. The optimiser divides by it again (`AdamWSettings.gradientScale`).
 */
export const LOSS_SCALE = 1024;

/** What was narrowed in the running `inHalfPrecision`, by where it lies. */
let narrowed: Map<Storage, Map<string, Tensor>> | undefined;

/**
 * Runs `body`, in which products of matrices read their operands in half precision (f16, 11 significant bits) and sum
 * in f32; weights, results and everything else stay f32. Gradients of what was recorded in it are products of the same
 * kind if they are taken in it. An operand must not change within it. Shapes that the kernels cannot tile are computed
 * in f32.
 * @throws LaunchError where the adapter has no f16.
 */
export function inHalfPrecision<T>(device: Device, body: () => T): T {
  if (!device.traits.f16) throw new LaunchError('half precision: this adapter has no shader-f16', 'train in f32');
  const before = narrowed;
  narrowed = new Map();
  try {
    return body();
  } finally {
    narrowed = before;
  }
}

export type Precision = 'f32' | 'f16';

/** Runs `body` at a precision of products: see `inHalfPrecision`. */
export function inPrecision<T>(device: Device, precision: Precision, body: () => T): T {
  return precision === 'f16' ? inHalfPrecision(device, body) : body();
}

/** Whether products read their operands in half precision now. */
export const narrows = (): boolean => narrowed !== undefined;

/** The elements in half precision, two to a u32; made once for each operand. */
function half(x: Tensor, known: Map<Storage, Map<string, Tensor>>): Tensor {
  const at = known.get(x.storage) ?? new Map<string, Tensor>();
  known.set(x.storage, at);
  const place = `${x.byteOffset} ${x.size}`;
  const found = at.get(place);
  if (found) return found;
  const out = x.device.empty([x.size / 2], 'u32');
  x.device.dispatch(narrow, { count: x.size }, { x, out });
  at.set(place, out);
  return out;
}

interface Operands {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly [buffer: string]: Tensor;
}

/**
 * Launches one of two kernels for a product: that for operands in half precision inside `inHalfPrecision`, where the
 * shape fits.
 */
function launch<S extends Shape>(inF32: Kernel<S>, inHalf: Kernel<S>, shape: S, operands: Operands, fitsHalf: boolean): void {
  const { a, b } = operands;
  const { device } = a;
  const fits = fitsHalf && [a, b].every(({ shape: own }) => sizeOf(own) % 4 === 0);
  if (!narrowed || !fits) device.dispatch(inF32, shape, operands);
  else device.dispatch(inHalf, shape, { ...operands, a: half(a, narrowed), b: half(b, narrowed) });
}

/** A product with its epilogue, by the kernel for the adapter. */
export function launchProduct(shape: MatmulShape, operands: Operands): void {
  const { traits, dummy } = operands.a.device;
  // Only the kernel that normalises on the way looks at these.
  const norm = { gamma: dummy, beta: dummy };
  launch(matmulKernel(shape, traits), matmulHalfKernel(shape, traits), shape, { ...norm, ...operands }, fitsTiles(shape));
}

/** A product whose long sum is split, on GPUs. */
export function launchSplitProduct(shape: MatmulSplitShape, operands: Operands): void {
  launch(matmulSplit, matmulSplitHalf, shape, operands, true);
}
