/** What every sequence model is to those that steer it, train it and play with it. */
import type { Space } from '@coxswain/base';
import type { Device, ParameterStore, Tensor } from '@coxswain/tensor';
import type { Distribution } from './distribution.js';
import type { Memory } from './memory.js';
import type { Observed } from './space-tensors.js';

/**
 * Where to look at the residual stream and where to write to it. Hooks of a layer are called in the order of their
 * list.
 */
export interface Hook {
  /** Blocks done: 0 is the embedding, the model's depth the last block's. */
  readonly layer: number;
  /** Looks at the residual stream, as hooks before this one left it. */
  readonly read?: (residual: Tensor) => void;
  /** Changes it: what it returns goes on through the blocks above. */
  readonly edit?: (residual: Tensor) => Tensor;
}

export interface Heads {
  /** Of the next action. */
  readonly action: Distribution;
  /** Of what is predicted of the next observation, where the model was declared with such a head. */
  readonly predicted?: Distribution;
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
  /** What it sees. */
  readonly observation: Space;
  /** What it does: discrete, f32 boxes, or records of these. */
  readonly action: Space;
  /** What it learns to say of the next observation, likewise; nothing when absent. */
  readonly predicted?: Space;
  /**
   * Spread of the rows of the embedding at the start, for `small-output`, where the space does not say another; 0.3
   * when absent.
   */
  readonly embeddingStd?: number;
  /**
   * How weights start: `small-output` is the recipe's, `variance-scaled` the paper's (every initialiser's variance
   * scaled).
   */
  readonly initialisation: 'small-output' | 'variance-scaled';
  /** Spread of the projections that write to the residual stream, for `small-output`; 0.02 when absent. */
  readonly outputStd?: number;
  /** Scale of every initialiser's variance, for `variance-scaled`; 0.1 (arXiv 2512.20605) when absent. */
  readonly varianceScale?: number;
}

/**
 * Embed → blocks → heads over a residual stream that can be read and edited after every block, whole sequences or a
 * step at a time.
 */
export interface SequenceModel {
  readonly device: Device;
  readonly store: ParameterStore;
  readonly config: SequenceModelConfig;
  /**
   * Residual stream before the first block.
   * @param observation [N, …], a tensor for each leaf of the space.
   * @returns [N, width]
   */
  embed(observation: Observed): Tensor;
  /**
   * Runs blocks `from` … `to − 1` over whole sequences.
   * @param x residual stream after `from` blocks, [batch·time, width].
   * @param hooks those of layers `from` … `to`; those at `from` see `x` itself.
   * @returns the residual stream after `to` blocks.
   */
  blocks(x: Tensor, size: SequenceSize, from?: number, to?: number, hooks?: readonly Hook[]): Tensor;
  /** All heads on the residual stream after the last block, [N, width]. */
  heads(e: Tensor): Heads;
  /** The distribution of the next action alone. */
  action(e: Tensor): Distribution;
  /** The whole model over whole sequences. @param observation [batch·time, …], a tensor for each leaf. */
  forward(observation: Observed, size: SequenceSize, hooks?: readonly Hook[]): Heads;
  /** What it carries from step to step, for so many sequences of at most `longest` steps. */
  memory(rows: number, longest: number): Memory;
  /**
   * One time step of blocks `from` … `to − 1`, with what `memory` has of the steps before.
   * @param x [rows, width], the residual stream at this step after `from` blocks.
   */
  stepBlocks(x: Tensor, memory: Memory, from?: number, to?: number, hooks?: readonly Hook[]): Tensor;
  /** A model of the same kind and sizes, or of fewer blocks, declared in another store. */
  declareIn(store: ParameterStore, depth?: number): SequenceModel;
  /** Frees what is no parameter; these belong to the store. */
  dispose(): void;
}

/** Calls what is hooked to a layer. */
export function visit(e: Tensor, layer: number, hooks: readonly Hook[]): Tensor {
  let residual = e;
  for (const hook of hooks) {
    if (hook.layer !== layer) continue;
    hook.read?.(residual);
    residual = hook.edit?.(residual) ?? residual;
  }
  return residual;
}
