/** Recurrent cells over a whole sequence: the gated recurrent unit, a tanh network, and any other. */
import { elmanRecurrence, gruRecurrence, type Recurrence } from '@coxswain/kernels';
import { accumulator, op, records } from '../autograd.js';
import { ShapeError } from '../errors.js';
import { sizeOf, type Tensor } from '../tensor.js';
import { linear, weightGradient } from './linear.js';
import { accumulateRows } from './reduce.js';

export interface RecurrentOptions {
  /** [batch, hidden]: the state before the first step made; zero when absent. */
  readonly h0?: Tensor;
  /** u32 [batch]: a row's state is held over steps at and past its length; all `time` when absent. */
  readonly lengths?: Tensor;
  /** Run from the last time to the first. */
  readonly reverse?: boolean;
  /**
   * Sequences are packed, as in torch's PackedSequence: longest first, none longer than `time`, they lie time after
   * time with no more rows than steps. `gates` is [rows, gates·hidden] and the result [rows, hidden], zero in rows left
   * over; `lengths` is u32 [batch + time + 1]: lengths and, behind them, where each time begins and the last ends.
   */
  readonly packed?: { readonly batch: number; readonly time: number };
}

export type GruOptions = RecurrentOptions;

/** Sizes of what is given. @throws ShapeError where it does not fit together. */
function sizesOf({ cell }: Recurrence, gates: Tensor, whh: Tensor, bhh: Tensor, { h0, lengths, packed }: RecurrentOptions) {
  const { name } = cell;
  const hidden = whh.shape[1];
  const wide = gates.shape.at(-1);
  const fits = gates.shape.length === (packed ? 2 : 3) && wide === cell.gates * hidden && whh.shape[0] === wide && bhh.size === wide;
  const blocks = cell.gates === 1 ? 'hidden' : `${cell.gates}·hidden`;
  if (!fits)
    throw new ShapeError(
      name,
      `gates [${gates.shape}], whh [${whh.shape}], bhh [${bhh.shape}]`,
      `gates [${packed ? 'rows' : 'batch, time'}, ${blocks}], whh [${blocks}, hidden], bhh [${blocks}]`,
    );
  const [batch, time] = packed ? [packed.batch, packed.time] : gates.shape;
  if (h0 && h0.size !== batch * hidden) throw new ShapeError(name, `h0 [${h0.shape}]`, `[${batch}, ${hidden}]`);
  const told = packed ? batch + time + 1 : batch;
  if (packed && !lengths) throw new ShapeError(name, 'no lengths', `u32 [${told}]`);
  if (lengths && (lengths.size !== told || lengths.dtype !== 'u32'))
    throw new ShapeError(name, `lengths ${lengths.dtype} [${lengths.shape}]`, `u32 [${told}]`);
  return { batch, time, hidden, rows: packed ? gates.shape[0] : 0 };
}

/**
 * The recurrence of a GRU, torch's gate order r, z, n, over inputs that are already projected.
 * @param gates [batch, time, 3·hidden]: x W_ihᵀ + b_ih
 * @param whh [3·hidden, hidden]
 * @param bhh [3·hidden]
 * @returns the state after each step, [batch, time, hidden]
 * @throws ShapeError where shapes do not fit together.
 */
export const gru = (gates: Tensor, whh: Tensor, bhh: Tensor, options: RecurrentOptions = {}): Tensor<'f32'> =>
  recurrent(gruRecurrence, gates, whh, bhh, options);

/**
 * The recurrence h' = tanh(x W_ihᵀ + b_ih + W_hh h + b_hh), torch.nn.RNN, over inputs that are already projected.
 * @param gates [batch, time, hidden]: x W_ihᵀ + b_ih
 * @param whh [hidden, hidden]
 * @param bhh [hidden]
 * @returns the state after each step, [batch, time, hidden]
 * @throws ShapeError where shapes do not fit together.
 */
export const rnn = (gates: Tensor, whh: Tensor, bhh: Tensor, options: RecurrentOptions = {}): Tensor<'f32'> =>
  recurrent(elmanRecurrence, gates, whh, bhh, options);

/**
 * Any cell's recurrence over inputs that are already projected: `recurrence` of @coxswain/kernels makes its kernels.
 * Differentiable in all that are not lengths.
 * @param gates [batch, time, gates·hidden]: x W_ihᵀ + b_ih
 * @param whh [gates·hidden, hidden]
 * @param bhh [gates·hidden]
 * @returns the state after each step, [batch, time, hidden]
 * @throws ShapeError where shapes do not fit together.
 */
export function recurrent(kind: Recurrence, gates: Tensor, whh: Tensor, bhh: Tensor, options: RecurrentOptions = {}): Tensor<'f32'> {
  const { device } = gates;
  const { h0, lengths, reverse } = options;
  const sizes = sizesOf(kind, gates, whh, bhh, options);
  const { batch, hidden } = sizes;
  const steps = gates.shape.slice(0, -1);
  const all = sizeOf(steps);
  const kernels = kind.kernels(hidden, device.traits);
  const inputs = [gates, whh, bhh, ...(h0 ? [h0] : [])];
  const save = records(inputs);
  if (!save && h0 && sizes.time === 1 && !lengths) return stepAlone(kind, gates, whh, bhh, h0);
  const shape = { ...sizes, withLengths: lengths ? 1 : 0, reverse: reverse ? 1 : 0 } as const;
  const out = device.empty([...steps, hidden]);
  const previous = save ? device.empty([all, hidden]) : device.dummy;
  const saved = save ? device.empty([all, kind.cell.kept * hidden]) : device.dummy;
  const optional = { h0: h0 ?? device.dummy, lengths: lengths ?? device.dummy };
  device.dispatch(
    kernels.forward,
    { ...shape, initial: h0 ? 1 : 0, save: save ? 1 : 0 },
    { gates, whh, bhh, ...optional, out, previous, saved },
  );
  const backward = (dy: Tensor): (Tensor | null)[] => {
    const dgates = device.empty(gates.shape);
    const dgatesHidden = device.empty([all, kind.cell.gates * hidden]);
    const dh0 = device.empty([batch, hidden]);
    const kept = { whh, previous, saved, lengths: optional.lengths };
    device.dispatch(kernels.backward, shape, { dy, ...kept, dgates, dgatesHidden, dh0 });
    if (whh.requiresGradient) weightGradient(dgatesHidden, previous, accumulator(whh), bhh.requiresGradient ? accumulator(bhh) : undefined);
    else if (bhh.requiresGradient) accumulateRows(dgatesHidden, accumulator(bhh));
    return [dgates, null, null, ...(h0 ? [dh0] : [])];
  };
  const saves = [whh, previous, saved, optional.lengths].filter((tensor) => tensor !== device.dummy);
  op(kind.cell.name, inputs, [out], ([dy]) => backward(dy as Tensor), { saves });
  return out;
}

/** One step without a gradient, in two launches. */
function stepAlone({ cell, step }: Recurrence, gates: Tensor, whh: Tensor, bhh: Tensor, h0: Tensor): Tensor<'f32'> {
  const { device } = gates;
  const hidden = whh.shape[1];
  const rows = gates.size / (cell.gates * hidden);
  const out = device.empty([...gates.shape.slice(0, -1), hidden]);
  const recurrentPart = linear(h0.reshape([rows, hidden]), whh, { bias: bhh });
  device.dispatch(step, { rows, hidden }, { gates, recurrent: recurrentPart, h0, out });
  return out;
}
