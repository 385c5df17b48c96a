import { scatterRows as scatterKernel } from '@coxswain/kernels';
import { type RandomState, ShapeError, type Tensor } from '@coxswain/tensor';

/** What a step of a captured program knows of its rows. Episodes that are over leave, so rows and episodes differ. */
export type StepContext = {
  /** Rows of the program. */
  readonly rows: number;
  /** u32 [rows]: the episode in each row, `NONE` for an empty one. */
  readonly episode: Tensor;
  /**
   * u32 [rows]: the same as a number in the whole batch, of which only a part may be on this device. What is random
   * belongs to it.
   */
  readonly owner: Tensor;
  /** u32 [rows]: episode · horizon + t, where what happens at this step is recorded; `NONE` for an empty row. */
  readonly place: Tensor;
  /** Another draw for every batch of episodes and every step. */
  readonly random: RandomState;
};

/** What the host knows before an environment step. */
export type HostStep = {
  /** Time step, from 0. */
  readonly t: number;
  /** `[N]` progress of each episode, where the environment tells. */
  readonly progress: ArrayLike<number> | undefined;
};

/**
 * Something that looks at the residual stream of a frozen model, and edits it, at every step of an episode. `control`
 * is recorded into programs once for each number of rows; state lives in tensors of one row an episode, read and
 * written through `gatherRows(state, context.episode)` and `scatterRows`.
 */
export type Controller = {
  /** Blocks done when it looks: 0 is the embedding. */
  readonly layer: number;
  /** Episodes its state has room for, where it has any: as many as are played together. */
  readonly episodes?: number;
  /** New episodes begin: forget the last ones. */
  begin(): void;
  /** On the host, before each step: write what the programs need to know. */
  beforeStep?(step: HostStep): void;
  /**
   * @param residual [rows, width]
   * @returns the edited residual, and where there is a switch whether it was open, f32 [rows] of 0 and 1.
   */
  control(residual: Tensor, context: StepContext): { readonly residual: Tensor; readonly open?: Tensor };
  dispose(): void;
};

/** `out[index[i], :] = x[i, :]` in place; rows whose index is `NONE` go nowhere. */
export function scatterRows(x: Tensor, index: Tensor, out: Tensor): void {
  const rows = index.size;
  if (x.dtype !== out.dtype) throw new ShapeError('scatterRows', `rows of ${x.dtype}`, `${out.dtype}, as those they replace`);
  const shape = { rows, columns: x.size / rows, indexed: out.shape[0] };
  x.device.dispatch(scatterKernel, shape, { x, index, out }, { bits: ['x', 'out'] });
}
