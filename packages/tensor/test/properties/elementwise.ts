/** Functions of each element, of one tensor and of two with broadcasting. */

import type { Tensor } from '../../src/index.js';
import * as ops from '../../src/ops/index.js';
import type { Draw } from './draw.js';
import type { Host } from './host.js';
import { broadcast, elementAt, expected, placesOf, sigmoid } from './loops.js';
import { type Row, type Rows, row } from './row.js';

type Unary = Readonly<Record<'x', Host>> & Readonly<Record<string, Host | number>>;

/**
 * A function of one element and, maybe, numbers.
 * @param f in float64, from the element and the numbers in order.
 */
function unary(
  apply: (x: Tensor, ...numbers: number[]) => Tensor,
  f: (x: number, ...numbers: number[]) => number,
  tolerance: number,
  numbers: (draw: Draw) => Readonly<Record<string, number>> = () => ({}),
  more: Partial<Row> = {},
): Row {
  const values = ({ x: _, ...rest }: Record<string, unknown>): number[] => Object.values(rest) as number[];
  return row<Unary>({
    tolerance,
    gradients: ['x'],
    draw: (draw) => ({ x: draw.f32(draw.shape(), 'huge'), ...numbers(draw) }),
    run: (given) => ({ out: apply(given.x as Tensor, ...values(given)) }),
    reference: (given) => ({ out: expected(given.x.shape, (i) => f(given.x.data[i], ...values(given))) }),
    ...(more as object),
  });
}

/** A point at which a function is looked at through: what cancels there is relative to 1. */
const absolute = (floor: number): Partial<Row> => ({ floor });

/** Axes that broadcast, each operand with its own share of them. */
function broadcasting(draw: Draw, operands: number): number[][] {
  const shape = draw.shape(0, 4);
  return Array.from({ length: operands }, () => {
    const from = draw.integer(0, 2) === 0 ? draw.integer(0, shape.length) : 0;
    return shape.slice(from).map((n) => (draw.integer(0, 3) === 0 ? 1 : n));
  });
}

type Binary = Readonly<Record<'a' | 'b', Host>>;

function binary(
  apply: (a: Tensor, b: Tensor) => Tensor,
  f: (a: number, b: number) => number,
  cancels: boolean,
  more: Partial<Row> = {},
): Row {
  return row<Binary>({
    tolerance: 4e-7,
    gradients: ['a', 'b'],
    draw: (draw) => {
      const [a, b] = broadcasting(draw, 2);
      return { a: draw.f32(a, 'huge'), b: draw.f32(b, 'huge') };
    },
    run: ({ a, b }) => ({ out: apply(a, b) }),
    reference: ({ a, b }) => {
      const shape = broadcast(a.shape, b.shape);
      const at = (host: Host, i: number): number => elementAt(host, placesOf(shape, i));
      const size = (x: number): number => (Number.isFinite(x) ? Math.abs(x) : 0);
      const magnitude = (i: number): number => Math.max(size(at(a, i)), size(at(b, i)));
      return { out: expected(shape, (i) => f(at(a, i), at(b, i)), cancels ? magnitude : undefined) };
    },
    mistakes: {
      'shapes that do not broadcast': ({ b }, draw) => {
        const last = draw.pick([2, 3]);
        return { a: draw.f32([3, last]), b: { ...b, shape: [last + 1], data: new Array<number>(last + 1).fill(1) } };
      },
    },
    ...(more as object),
  });
}

const larger = (a: number, b: number): number => Math.max(a, b);

export const elementwise: Rows = {
  relu: unary(ops.relu, (x) => Math.max(x, 0), 0),
  sigmoid: unary(ops.sigmoid, sigmoid, 2e-6),
  tanh: unary(ops.tanh, Math.tanh, 2e-6, undefined, absolute(2e-7)),
  exp: unary(ops.exp, Math.exp, 1e-5),
  log: unary(ops.log, Math.log, 1e-6, undefined, absolute(2e-7)),
  sqrt: unary(ops.sqrt, Math.sqrt, 1e-6),
  abs: unary(ops.abs, Math.abs, 0),
  square: unary(ops.square, (x) => x * x, 2e-7),
  clamp: unary(
    ops.clamp as never,
    (x, low, high) => Math.min(Math.max(x, low), high),
    0,
    (draw) => {
      const low = draw.number(-3, 3);
      return { low, high: low + draw.number(0, 3) };
    },
  ),
  scale: unary(
    ops.scale as never,
    (x, factor, shift) => factor * x + shift,
    4e-7,
    (draw) => ({ factor: draw.number(-3, 3), shift: draw.number(-3, 3) }),
    absolute(2e-6),
  ),
  add: binary(ops.add, (a, b) => a + b, true),
  addRelu: binary(ops.addRelu, (a, b) => larger(a + b, 0), true),
  sub: binary(ops.sub, (a, b) => a - b, true),
  mul: binary(ops.mul, (a, b) => a * b, false),
  div: binary(ops.div, (a, b) => a / b, false, { tolerance: 1e-6 }),
  minimum: binary(ops.minimum, (a, b) => Math.min(a, b), false, { tolerance: 0 }),
  maximum: binary(ops.maximum, larger, false, { tolerance: 0 }),
};
