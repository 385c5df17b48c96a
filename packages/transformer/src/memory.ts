import { type Device, gatherRows, noGrad, scatterRowsOf, type Tensor } from '@coxswain/tensor';

/** What one block carries: keys and values, a recurrent state, the tail of a convolution. */
export interface BlockMemory {
  /** By name, a row for each sequence. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Whether it has to be zero before the first step: what attention has of later steps is never looked at. */
  readonly startsAtZero: boolean;
}

/** What a model carries from step to step, in its one-step form. */
export class Memory {
  /** u32 [1]: the time step that comes next. The host writes it, or `counterAdvance` does. */
  readonly step: Tensor;

  /** @param blocks of the model's blocks, in order. */
  constructor(
    private readonly device: Device,
    readonly blocks: readonly BlockMemory[],
    /** u32 [batch]: the row of each sequence, where they are not in order; `NONE` for a sequence to leave out. */
    readonly row?: Tensor,
    step?: Tensor,
  ) {
    this.step = step ?? device.tensor(new Uint32Array(1));
  }

  /**
   * The same memory, for sequences that are not in order or not all there.
   * @param row u32 [batch]; `NONE` for one to leave out.
   */
  of(row: Tensor): Memory {
    return new Memory(this.device, this.blocks, row, this.step);
  }

  /** Before the first step of new sequences. */
  begin(): void {
    this.step.write(Uint32Array.of(0));
    for (const { tensors, startsAtZero } of this.blocks) if (startsAtZero) for (const one of Object.values(tensors)) this.device.zero(one);
  }

  /** Before time step `t`, on the host; before the first one it begins anew. */
  at(t: number): void {
    if (t === 0) this.begin();
    else this.step.write(Uint32Array.of(t));
  }

  /**
   * What the sequences in rows `from` carry goes into rows `to` as well: a fork. Rows that are read are as they were
   * before.
   * @param from u32 [n]
   * @param to u32 [n]
   */
  copy(from: Tensor, to: Tensor): void {
    using _scope = this.device.scope();
    noGrad(() => {
      for (const one of this.blocks.flatMap(({ tensors }) => Object.values(tensors))) scatterRowsOf([[gatherRows(one, from), one]], to);
    });
  }

  dispose(): void {
    for (const { tensors } of this.blocks) for (const one of Object.values(tensors)) one.dispose();
    this.step.dispose();
  }
}
