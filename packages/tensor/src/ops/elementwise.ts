/** Element by element, with numpy's broadcasting where there are two operands. */
import {
  BINARY,
  type BroadcastFields,
  binary,
  broadcastFields,
  broadcastShape,
  UNARY,
  UNARY_SAVES_OUTPUT,
  unary,
  unaryBackward,
} from '@coxswain/kernels';
import { type OpOptions, op, setGradientSum, wasRectified } from '../autograd.js';
import { requireFinite, requireNumber } from '../checks.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { sumTo } from './reduce.js';

const UNSAVED: ReadonlySet<keyof typeof UNARY> = new Set(['negate', 'scaleShift']);

function applyUnary(name: keyof typeof UNARY, x: Tensor, a = 0, b = 0): Tensor {
  const { device } = x;
  const shape = { operation: UNARY[name], count: x.size, a, b };
  const out = device.empty(x.shape);
  device.dispatch(unary, shape, { x, out });
  const saved = UNARY_SAVES_OUTPUT.has(shape.operation) ? out : x;
  const options: OpOptions = { saves: UNSAVED.has(name) ? [] : [saved], ...(name === 'relu' ? { kind: 'relu' } : {}) };
  const backward = (dout: Tensor): Tensor => {
    if (name === 'relu') return rectifyGradient(dout, out);
    const dx = device.empty(x.shape);
    device.dispatch(unaryBackward, shape, { saved, dout, dx });
    return dx;
  };
  op(name, [x], [out], ([dout]) => [backward(dout as Tensor)], options);
  return out;
}

/** max(x, 0) */
export const relu = (x: Tensor): Tensor => applyUnary('relu', x);

/** The gradient before a relu from the one behind it and the relu's output; whoever made `dout` may have done that already. */
export function rectifyGradient(dout: Tensor, out: Tensor): Tensor {
  if (wasRectified(dout, out)) return dout;
  const dx = out.device.empty(out.shape);
  out.device.dispatch(unaryBackward, { operation: UNARY.relu, count: out.size, a: 0, b: 0 }, { saved: out, dout, dx });
  return dx;
}
/** 1 / (1 + e⁻ˣ) */
export const sigmoid = (x: Tensor): Tensor => applyUnary('sigmoid', x);
export const tanh = (x: Tensor): Tensor => applyUnary('tanh', x);
/** eˣ, saturating at e⁸⁸ so that it stays finite. */
export const exp = (x: Tensor): Tensor => applyUnary('exp', x);
/** ln x, of at least the smallest normal number. */
export const log = (x: Tensor): Tensor => applyUnary('log', x);
/** √x, of at least 0; no gradient at 0. */
export const sqrt = (x: Tensor): Tensor => applyUnary('sqrt', x);
/** |x|; no gradient at 0. */
export const abs = (x: Tensor): Tensor => applyUnary('abs', x);
export const square = (x: Tensor): Tensor => applyUnary('square', x);
/** min(max(x, low), high), infinities for no bound; no gradient outside. @throws ArgumentError for low > high, or NaN. */
export function clamp(x: Tensor, low: number, high: number): Tensor {
  requireNumber('clamp', 'low', low, 'a number', (value) => !Number.isNaN(value));
  requireNumber('clamp', 'high', high, `a number of at least low, ${low}`, (value) => value >= low);
  return applyUnary('clamp', x, low, high);
}

/** factor · x + shift. @throws ArgumentError for a factor or a shift that is not finite. */
export function scale(x: Tensor, factor: number, shift = 0): Tensor {
  requireFinite('scale', 'factor', factor);
  requireFinite('scale', 'shift', shift);
  return applyUnary('scaleShift', x, factor, shift);
}

function fieldsOf(a: Tensor, b: Tensor): BroadcastFields {
  try {
    return broadcastFields(a.shape, b.shape);
  } catch (error) {
    throw new ShapeError('element-wise operation', (error as Error).message, 'shapes that broadcast along at most 4 separate axes');
  }
}

function launchBinary(operation: number, a: Tensor, b: Tensor): Tensor {
  let shape: number[];
  try {
    shape = broadcastShape(a.shape, b.shape);
  } catch {
    throw new ShapeError('element-wise operation', `shapes [${a.shape}] and [${b.shape}]`, 'shapes that broadcast together');
  }
  const out = a.device.empty(shape);
  a.device.dispatch(binary, { operation, ...fieldsOf(a, b) }, { a, b, out });
  return out;
}

/** a + b */
export function add(a: Tensor, b: Tensor): Tensor {
  const out = launchBinary(BINARY.add, a, b);
  op('add', [a, b], [out], ([g]) => [sumTo(g as Tensor, a.shape), sumTo(g as Tensor, b.shape)], { saves: [] });
  return out;
}

/** max(a + b, 0) */
export function addRelu(a: Tensor, b: Tensor): Tensor {
  const out = launchBinary(BINARY.rectifiedSum, a, b);
  const backward = (dout: Tensor): Tensor[] => {
    const g = rectifyGradient(dout, out);
    return [sumTo(g, a.shape), sumTo(g, b.shape)];
  };
  op('addRelu', [a, b], [out], ([dout]) => backward(dout as Tensor), { saves: [out], kind: 'relu' });
  return out;
}

/** a − b */
export function sub(a: Tensor, b: Tensor): Tensor {
  const out = launchBinary(BINARY.subtract, a, b);
  const toB = (g: Tensor): Tensor | null => (b.requiresGradient ? sumTo(scale(g, -1), b.shape) : null);
  op('sub', [a, b], [out], ([g]) => [sumTo(g as Tensor, a.shape), toB(g as Tensor)], { saves: [] });
  return out;
}

/** a · b */
export function mul(a: Tensor, b: Tensor): Tensor {
  const out = launchBinary(BINARY.multiply, a, b);
  const times = (g: Tensor, other: Tensor, of: Tensor): Tensor | null =>
    of.requiresGradient ? sumTo(launchBinary(BINARY.multiply, g, other), of.shape) : null;
  op('mul', [a, b], [out], ([g]) => [times(g as Tensor, b, a), times(g as Tensor, a, b)], { saves: [a, b] });
  return out;
}

/** a / b */
export function div(a: Tensor, b: Tensor): Tensor {
  const out = launchBinary(BINARY.divide, a, b);
  const backward = (g: Tensor): (Tensor | null)[] => {
    const da = launchBinary(BINARY.divide, g, b);
    return [sumTo(da, a.shape), b.requiresGradient ? sumTo(scale(launchBinary(BINARY.multiply, da, out), -1), b.shape) : null];
  };
  op('div', [a, b], [out], ([g]) => backward(g as Tensor), { saves: [b, out] });
  return out;
}

/** The smaller of the two; a tie shares its gradient. */
export const minimum = (a: Tensor, b: Tensor): Tensor => choose('minimum', a, b);

/** The larger of the two; a tie shares its gradient. */
export const maximum = (a: Tensor, b: Tensor): Tensor => choose('maximum', a, b);

function choose(name: 'minimum' | 'maximum', a: Tensor, b: Tensor): Tensor {
  const out = launchBinary(BINARY[name], a, b);
  op(name, [a, b], [out], ([g]) => {
    const share = launchBinary(BINARY[`${name}Gradient`], a, b);
    return [
      a.requiresGradient ? sumTo(launchBinary(BINARY.multiply, g as Tensor, share), a.shape) : null,
      b.requiresGradient ? sumTo(launchBinary(BINARY.multiply, g as Tensor, scale(share, -1, 1)), b.shape) : null,
    ];
  });
  return out;
}

setGradientSum((a, b) => launchBinary(BINARY.add, a, b));
