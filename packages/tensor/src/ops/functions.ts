/**
 * Functions of each element, with gradients: each is a row of the kernels' `FUNCTIONS`, where it says what it computes, and a name below.
 * NaN and infinity arrive where PyTorch has them. A parameter that is NaN is an ArgumentError, a dtype other than f32 a ShapeError.
 */
import { FUNCTIONS, type FunctionName, functionRow, gradientReads, type Parameter, unary, unaryBackward } from '@coxswain/kernels';
import { type OpOptions, op, wasRectified } from '../autograd.js';
import { requireFinite, requireNumber } from '../checks.js';
import type { Tensor } from '../tensor.js';

type Arguments<Parameters> = Parameters extends readonly [infer First, ...infer Rest]
  ? First extends readonly [string, number]
    ? [value?: number, ...rest: Arguments<Rest>]
    : [value: number, ...rest: Arguments<Rest>]
  : [];
type ParametersOf<Row> = Row extends { readonly parameters: infer Parameters } ? Arguments<Parameters> : [];
type Functions = { readonly [Name in FunctionName]: (x: Tensor, ...parameters: ParametersOf<(typeof FUNCTIONS)[Name]>) => Tensor };

/** The value of a parameter, given or standard. */
function parameter(name: FunctionName, [what, standard]: Parameter, given: number | undefined): number {
  const value = given ?? standard;
  if (name !== 'clamp') requireFinite(name, what, value as number);
  else requireNumber(name, what, value as number, 'a number', (number) => !Number.isNaN(number));
  return value as number;
}

function apply(name: FunctionName, x: Tensor, given: readonly number[]): Tensor {
  const { device } = x;
  const [a = 0, b = 0] = (functionRow(name).parameters ?? []).map((one, i) => parameter(name, one, given[i]));
  if (name === 'clamp') requireNumber(name, 'high', b, `a number of at least low, ${a}`, (high) => high >= a);
  const shape = { count: x.size, a, b };
  const out = device.empty(x.shape);
  device.dispatch(unary[name], shape, { x, out });
  const reads = gradientReads(name);
  const saved = reads === 'output' ? out : x;
  const options: OpOptions = { saves: reads === 'nothing' ? [] : [saved], ...(name === 'relu' ? { kind: 'relu' } : {}) };
  const backward = (dout: Tensor): Tensor => {
    if (name === 'relu') return rectifyGradient(dout, out);
    const dx = device.empty(x.shape);
    // Of what it does not read, its own gradient may stand in: the input may be gone.
    device.dispatch(unaryBackward[name], shape, { saved: reads === 'nothing' ? dout : saved, dout, dx });
    return dx;
  };
  op(name, [x], [out], ([dout]) => [backward(dout as Tensor)], options);
  return out;
}

/** The gradient before a relu from the one behind it and the relu's output; whoever made `dout` may have done that already. */
export function rectifyGradient(dout: Tensor, out: Tensor): Tensor {
  if (wasRectified(dout, out)) return dout;
  const dx = out.device.empty(out.shape);
  out.device.dispatch(unaryBackward.relu, { count: out.size, a: 0, b: 0 }, { saved: out, dout, dx });
  return dx;
}

const functions = Object.fromEntries(
  (Object.keys(FUNCTIONS) as FunctionName[]).map((name) => [name, (x: Tensor, ...given: number[]): Tensor => apply(name, x, given)]),
) as unknown as Functions;

export const { relu, leakyRelu, elu, gelu, geluTanh, silu, softplus, sigmoid, tanh } = functions;
export const { exp, expm1, log, log1p, square, sqrt, rsqrt, reciprocal, pow, erf, sin, cos } = functions;
export const { negate, abs, sign, floor, round, clamp, scale } = functions;
