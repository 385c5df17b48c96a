/**
 * Functions of each element, with gradients: each is a row of the kernels' `FUNCTIONS`, where it says what it computes,
 * and a name below. NaN and infinity arrive where PyTorch has them. A parameter that is NaN is an ArgumentError, a
 * dtype other than f32 a ShapeError.
 */
import {
  FUNCTIONS,
  type FunctionName,
  type FunctionRow,
  functionKernels,
  functionRow,
  gradientReads,
  type Kernel,
  type Parameter,
  type UnaryShape,
  unary,
  unaryBackward,
} from '@coxswain/kernels';
import { type OpOptions, op, wasRectified } from '../autograd.js';
import { requireFinite, requireNumber } from '../checks.js';
import type { Tensor } from '../tensor.js';

type Arguments<Parameters> = Parameters extends readonly [infer First, ...infer Rest]
  ? First extends readonly [string, number]
    ? [value?: number, ...rest: Arguments<Rest>]
    : [value: number, ...rest: Arguments<Rest>]
  : [];
type ParametersOf<Row> = Row extends { readonly parameters: infer Parameters } ? Arguments<Parameters> : [];
type Functions = { readonly [Name in FunctionName]: (x: Tensor, ...parameters: ParametersOf<(typeof FUNCTIONS)[Name]>) => Tensor<'f32'> };

/** The value of a parameter, given or standard. */
function parameter(name: string, [what, standard]: Parameter, given: number | undefined): number {
  const value = given ?? standard;
  if (name !== 'clamp') requireFinite(name, what, value as number);
  else requireNumber(name, what, value as number, 'a number', (number) => !Number.isNaN(number));
  return value as number;
}

/**
 * A function of each element, with a gradient, from its row: for functions beside `FUNCTIONS`, such as an activation of
 * one's own.
 * @param name in errors, and of its kernels.
 * @returns a function of a tensor of any shape and the row's parameters, which gives one of the same shape.
 */
export function functionOf(name: string, row: FunctionRow): (x: Tensor, ...parameters: number[]) => Tensor<'f32'> {
  const { forward, backward } = functionKernels(name, row);
  return (x, ...parameters) => apply({ name, row, forward, backward }, x, parameters);
}

interface Applied {
  readonly name: string;
  readonly row: FunctionRow;
  readonly forward: Kernel<UnaryShape>;
  readonly backward: Kernel<UnaryShape>;
}

function apply({ name, row, forward, backward }: Applied, x: Tensor, given: readonly number[]): Tensor<'f32'> {
  const { device } = x;
  const [a = 0, b = 0] = (row.parameters ?? []).map((one, i) => parameter(name, one, given[i]));
  if (name === 'clamp') requireNumber(name, 'high', b, `a number of at least low, ${a}`, (high) => high >= a);
  const shape = { count: x.size, a, b };
  const out = device.empty(x.shape);
  device.dispatch(forward, shape, { x, out });
  const reads = gradientReads(row);
  const saved = reads === 'output' ? out : x;
  const options: OpOptions = { saves: reads === 'nothing' ? [] : [saved], ...(name === 'relu' ? { kind: 'relu' } : {}) };
  const toInput = (dout: Tensor): Tensor => {
    if (name === 'relu') return rectifyGradient(dout, out);
    const dx = device.empty(x.shape);
    // Of what it does not read, its own gradient may stand in: the input may be gone.
    device.dispatch(backward, shape, { saved: reads === 'nothing' ? dout : saved, dout, dx });
    return dx;
  };
  op(name, [x], [out], ([dout]) => [toInput(dout as Tensor)], options);
  return out;
}

/**
 * The gradient before a relu from the one behind it and the relu's output; whoever made `dout` may have done that
 * already.
 */
export function rectifyGradient(dout: Tensor, out: Tensor): Tensor<'f32'> {
  if (wasRectified(dout, out)) return dout as Tensor<'f32'>;
  const dx = out.device.empty(out.shape);
  out.device.dispatch(unaryBackward.relu, { count: out.size, a: 0, b: 0 }, { saved: out, dout, dx });
  return dx;
}

const functions = Object.fromEntries(
  (Object.keys(FUNCTIONS) as FunctionName[]).map((name) => {
    const applied = { name, row: functionRow(name), forward: unary[name], backward: unaryBackward[name] };
    return [name, (x: Tensor, ...given: number[]): Tensor => apply(applied, x, given)];
  }),
) as unknown as Functions;

export const { relu, leakyRelu, elu, gelu, geluTanh, silu, softplus, sigmoid, tanh } = functions;
export const { exp, expm1, log, log1p, square, sqrt, rsqrt, reciprocal, pow, erf, sin, cos } = functions;
export const { negate, abs, sign, floor, round, clamp, scale } = functions;
