import { type Cell, recurrence } from '../recurrence/index.js';

/**
 * h' = tanh(x + W h + b), torch's RNN (https://docs.pytorch.org/docs/stable/generated/torch.nn.RNN.html): da = dh (1 −
 * h'²).
 */
const cell: Cell = {
  name: 'elman',
  gates: 1,
  kept: 1,
  flops: [8, 4],
  text: `import fragments::{gates, recurrence};
fn advance(projected: Gates, recurrent: Gates, before: Value) -> Step {
  let after = squash(projected[0] + recurrent[0]);
  return Step(after, Kept(after));
}
fn retreat(dh: Value, before: Value, kept: Kept) -> Slopes {
  let slope = dh * (1.0 - kept[0] * kept[0]);
  return Slopes(Gates(slope), Gates(slope), Value());
}
`,
};

/**
 * The simplest recurrence, a tanh network after Elman, over projected inputs; `saved` holds the state after each step.
 */
export const elmanRecurrence = recurrence(cell);

export const elmanStep = elmanRecurrence.step;
export const { forward: elmanForward, backward: elmanBackward } = elmanRecurrence.any;
export const { forward: elmanForwardRows, backward: elmanBackwardRows } = elmanRecurrence.rows;
export const { forward: elmanForwardSubgroups, backward: elmanBackwardSubgroups } = elmanRecurrence.subgroups;
export const { forward: elmanForwardWorkgroup, backward: elmanBackwardWorkgroup } = elmanRecurrence.workgroup;
