/** What every sequence model is to those that steer it, train it and play with it. */
import type { Device, ParameterStore, Tensor } from '@coxswain/tensor';
import type { Memory } from './memory.js';

/** Looks at the residual stream. `layer` counts blocks done: 0 is the embedding. */
export type Tap = (residual: Tensor, layer: number) => void;
/** Changes the residual stream: what it returns goes on through the blocks above. */
export type Edit = (residual: Tensor, layer: number) => Tensor;

/** Where to look at the residual stream and where to write to it, by layer (0 … depth). */
export interface Hooks {
  readonly taps?: Readonly<Record<number, Tap>>;
  readonly edits?: Readonly<Record<number, Edit>>;
}

export interface Heads {
  /** Next-action logits [N, actions]. */
  readonly actions: Tensor;
  /** Next-observation logits [N, observationClasses]. */
  readonly observations: Tensor;
}

/** Sizes of a full-sequence pass. Residuals are [batch·time, width], a sequence's steps side by side. */
export interface SequenceSize {
  readonly batch: number;
  readonly time: number;
}

/** Sizes that every sequence model has, whatever mixes its steps. */
export interface SequenceModelConfig {
  /** Residual width d (n_e). */
  readonly width: number;
  /** Blocks L. */
  readonly depth: number;
  /** Hidden units of each block's MLP. */
  readonly mlp: number;
  /** Rows of the observation embedding: distinct one-hot positions. */
  readonly vocabulary: number;
  /** Positions that can be one at the same time. */
  readonly slots: number;
  /** Discrete actions. */
  readonly actions: number;
  /** Classes of the next-observation head. */
  readonly observationClasses: number;
  /** How weights start: `small-output` is the recipe's, `variance-scaled` the paper's (every initialiser's variance scaled). */
  readonly initialisation: 'small-output' | 'variance-scaled';
  /** Spread of the projections that write to the residual stream, for `small-output`; 0.02 when absent. */
  readonly outputStd?: number;
  /** Scale of every initialiser's variance, for `variance-scaled`; 0.1 (arXiv 2512.20605) when absent. */
  readonly varianceScale?: number;
}

/** Embed → blocks → heads over a residual stream that can be read and edited after every block, whole sequences or a step at a time. */
export interface SequenceModel {
  readonly device: Device;
  readonly store: ParameterStore;
  readonly config: SequenceModelConfig;
  /** Residual stream before the first block. @param indices i32 [N, slots]: rows of the embedding, −1 for none. @returns [N, width] */
  embed(indices: Tensor): Tensor;
  /**
   * Runs blocks `from` … `to − 1` over whole sequences.
   * @param x residual stream after `from` blocks, [batch·time, width].
   * @param hooks taps and edits for layers `from` … `to`; the one at `from` sees `x` itself.
   * @returns the residual stream after `to` blocks.
   */
  blocks(x: Tensor, size: SequenceSize, from?: number, to?: number, hooks?: Hooks): Tensor;
  /** The two heads on the residual stream after the last block, [N, width]. */
  heads(e: Tensor): Heads;
  /** Next-action logits alone, [N, actions]. */
  actionLogits(e: Tensor): Tensor;
  /** The whole model over whole sequences. @param indices i32 [batch·time, slots] */
  forward(indices: Tensor, size: SequenceSize, hooks?: Hooks): Heads;
  /** What it carries from step to step, for so many sequences of at most `longest` steps. */
  memory(rows: number, longest: number): Memory;
  /**
   * One time step of blocks `from` … `to − 1`, with what `memory` has of the steps before.
   * @param x [rows, width], the residual stream at this step after `from` blocks.
   */
  stepBlocks(x: Tensor, memory: Memory, from?: number, to?: number, hooks?: Hooks): Tensor;
  /** A model of the same kind and sizes, or of fewer blocks, declared in another store. */
  declareIn(store: ParameterStore, depth?: number): SequenceModel;
  /** Frees what is no parameter; these belong to the store. */
  dispose(): void;
}

/** Calls what is hooked to a layer. */
export function visit(e: Tensor, layer: number, { taps, edits }: Hooks): Tensor {
  taps?.[layer]?.(e, layer);
  return edits?.[layer]?.(e, layer) ?? e;
}
