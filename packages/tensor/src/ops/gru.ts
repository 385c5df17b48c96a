/** A gated recurrent unit over a whole sequence. */
import { gruKernels } from '@coxswain/kernels';
import { accumulator, op, records } from '../autograd.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { weightGradient } from './linear.js';
import { accumulateRows } from './reduce.js';

export interface GruOptions {
  /** [batch, hidden]: the state before the first step made; zero when absent. */
  readonly h0?: Tensor;
  /** u32 [batch]: a row's state is held over steps at and past its length; all `time` when absent. */
  readonly lengths?: Tensor;
  /** Run from the last time to the first. */
  readonly reverse?: boolean;
}

/**
 * The recurrence of a GRU, torch's gate order r, z, n, over inputs that are already projected.
 * @param gates [batch, time, 3·hidden]: x W_ihᵀ + b_ih
 * @param whh [3·hidden, hidden]
 * @param bhh [3·hidden]
 * @returns the state after each step, [batch, time, hidden]
 */
export function gru(gates: Tensor, whh: Tensor, bhh: Tensor, { h0, lengths, reverse }: GruOptions = {}): Tensor {
  const { device } = gates;
  const [batch, time, three] = gates.shape;
  const hidden = whh.shape[1];
  if (gates.shape.length !== 3 || three !== 3 * hidden || whh.shape[0] !== three || bhh.size !== three)
    throw new ShapeError(
      'gru',
      `gates [${gates.shape}], whh [${whh.shape}], bhh [${bhh.shape}]`,
      'gates [batch, time, 3·hidden], whh [3·hidden, hidden], bhh [3·hidden]',
    );
  if (h0 && h0.size !== batch * hidden) throw new ShapeError('gru', `h0 [${h0.shape}]`, `[${batch}, ${hidden}]`);
  if (lengths && (lengths.size !== batch || lengths.dtype !== 'u32'))
    throw new ShapeError('gru', `lengths ${lengths.dtype} [${lengths.shape}]`, `u32 [${batch}]`);
  const kernels = gruKernels(hidden, device.traits);
  const inputs = [gates, whh, bhh, ...(h0 ? [h0] : [])];
  const save = records(inputs);
  const shape = { batch, time, hidden, withLengths: lengths ? 1 : 0, reverse: reverse ? 1 : 0 } as const;
  const out = device.empty([batch, time, hidden]);
  const previous = save ? device.empty([batch * time, hidden]) : device.dummy;
  const saved = save ? device.empty([batch * time, 4 * hidden]) : device.dummy;
  const optional = { h0: h0 ?? device.dummy, lengths: lengths ?? device.dummy };
  device.dispatch(
    kernels.forward,
    { ...shape, initial: h0 ? 1 : 0, save: save ? 1 : 0 },
    { gates, whh, bhh, ...optional, out, previous, saved },
  );
  op('gru', inputs, [out], ([gradient]) => {
    const dgates = device.empty(gates.shape);
    const dgatesHidden = device.empty([batch * time, three]);
    const dh0 = device.empty([batch, hidden]);
    const kept = { whh, previous, saved, lengths: optional.lengths };
    device.dispatch(kernels.backward, shape, { dy: gradient as Tensor, ...kept, dgates, dgatesHidden, dh0 });
    if (whh.requiresGradient) weightGradient(dgatesHidden, previous, accumulator(whh), bhh.requiresGradient ? accumulator(bhh) : undefined);
    else if (bhh.requiresGradient) accumulateRows(dgatesHidden, accumulator(bhh));
    return [dgates, null, null, ...(h0 ? [dh0] : [])];
  });
  return out;
}
