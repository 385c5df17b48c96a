/** Element by element, with numpy's broadcasting where there are two operands. */
import { BINARY, binary, broadcastFields, broadcastShape, UNARY, UNARY_SAVES_OUTPUT, unary, unaryBackward } from '@coxswain/kernels';
import { op, setGradientSum } from '../autograd.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { sumTo } from './reduce.js';

function applyUnary(name: keyof typeof UNARY, x: Tensor, a = 0, b = 0, backward?: (dout: Tensor) => Tensor): Tensor {
  const { device } = x;
  const shape = { operation: UNARY[name], count: x.size, a, b };
  const out = device.empty(x.shape);
  device.dispatch(unary, shape, { x, out });
  op(name, [x], [out], ([dout]) => {
    if (backward) return [backward(dout as Tensor)];
    const dx = device.empty(x.shape);
    const saved = UNARY_SAVES_OUTPUT.has(shape.operation) ? out : x;
    device.dispatch(unaryBackward, shape, { saved, dout: dout as Tensor, dx });
    return [dx];
  });
  return out;
}

/** max(x, 0) */
export function relu(x: Tensor): Tensor {
  const out = applyUnary('relu', x, 0, 0, (dout) => rectifyGradient(dout, out));
  out.rectified = true;
  return out;
}

/** The gradient before a relu from the one behind it and the relu's output; whoever made `dout` may have done that already. */
export function rectifyGradient(dout: Tensor, out: Tensor): Tensor {
  // A tensor of its own: what lies before the relu may be another relu's output, whose gradient this is not yet.
  if (dout.rectified) return dout.detach();
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
/** min(max(x, low), high); no gradient outside. */
export const clamp = (x: Tensor, low: number, high: number): Tensor => applyUnary('clamp', x, low, high);
/** factor · x + shift */
export const scale = (x: Tensor, factor: number, shift = 0): Tensor => applyUnary('scaleShift', x, factor, shift);

function launchBinary(operation: number, a: Tensor, b: Tensor): Tensor {
  let shape: number[];
  try {
    shape = broadcastShape(a.shape, b.shape);
  } catch {
    throw new ShapeError('element-wise operation', `shapes [${a.shape}] and [${b.shape}]`, 'shapes that broadcast together');
  }
  const out = a.device.empty(shape);
  a.device.dispatch(binary, { operation, ...broadcastFields(a.shape, b.shape) }, { a, b, out });
  return out;
}

/** a + b */
export function add(a: Tensor, b: Tensor): Tensor {
  const out = launchBinary(BINARY.add, a, b);
  op('add', [a, b], [out], ([g]) => [sumTo(g as Tensor, a.shape), sumTo(g as Tensor, b.shape)]);
  return out;
}

/** max(a + b, 0) */
export function addRelu(a: Tensor, b: Tensor): Tensor {
  const out = launchBinary(BINARY.rectifiedSum, a, b);
  out.rectified = true;
  op('addRelu', [a, b], [out], ([dout]) => {
    const g = rectifyGradient(dout as Tensor, out);
    return [sumTo(g, a.shape), sumTo(g, b.shape)];
  });
  return out;
}

/** a − b */
export function sub(a: Tensor, b: Tensor): Tensor {
  const out = launchBinary(BINARY.subtract, a, b);
  op('sub', [a, b], [out], ([g]) => [sumTo(g as Tensor, a.shape), b.requiresGradient ? sumTo(scale(g as Tensor, -1), b.shape) : null]);
  return out;
}

/** a · b */
export function mul(a: Tensor, b: Tensor): Tensor {
  const out = launchBinary(BINARY.multiply, a, b);
  op('mul', [a, b], [out], ([g]) => [
    a.requiresGradient ? sumTo(launchBinary(BINARY.multiply, g as Tensor, b), a.shape) : null,
    b.requiresGradient ? sumTo(launchBinary(BINARY.multiply, g as Tensor, a), b.shape) : null,
  ]);
  return out;
}

/** a / b */
export function div(a: Tensor, b: Tensor): Tensor {
  const out = launchBinary(BINARY.divide, a, b);
  op('div', [a, b], [out], ([g]) => {
    const da = launchBinary(BINARY.divide, g as Tensor, b);
    return [sumTo(da, a.shape), b.requiresGradient ? sumTo(scale(launchBinary(BINARY.multiply, da, out), -1), b.shape) : null];
  });
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
