import { t5Buckets } from '@coxswain/kernels';
import {
  causalAttention,
  type Device,
  embeddingSum,
  type Initialiser,
  layerNorm,
  linear,
  normedLinear,
  type ParameterStore,
  type Tensor,
} from '@coxswain/tensor';
import { type Cache, stepAttention } from './cache.js';
import { checkTransformerConfig, type TransformerConfig } from './config.js';
import { fanIn, normal, ones, varianceScaled, zeros } from './initialise.js';

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

interface Block {
  readonly ln1: Norm;
  readonly ln2: Norm;
  /** [3·width, width]: q, k, v; without bias. */
  readonly qkv: Tensor;
  /** T5 bias [buckets, heads]. */
  readonly rel: Tensor;
  readonly o: Tensor;
  readonly w1: Linear;
  readonly w2: Linear;
}
interface Norm {
  readonly gamma: Tensor;
  readonly beta: Tensor;
}
interface Linear {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** Longest sequence the bucket table covers; T5 buckets make any length meaningful, this bounds a buffer. */
const LONGEST = 1024;
const EPS = 1e-5;

/**
 * The base sequence model: embed → blocks → heads, pre-norm, causal attention with T5 relative-position bias, ReLU MLP
 * (arXiv 2512.20605, §3); attention may be given a window. Its residual stream can be read and edited after every block,
 * in the full-sequence form and in the one-step form.
 */
export class Transformer {
  /** [vocabulary, width]. */
  readonly embedding: Tensor;
  readonly #blocks: readonly Block[];
  readonly #final: Norm;
  readonly #act: Linear;
  readonly #obs: Linear;
  readonly #buckets: Tensor;
  readonly device: Device;

  /**
   * Declares the parameters in `store` (call `store.finish` afterwards).
   * @param embedding how the observation embedding starts; normal with std 0.3 by default.
   * @param bySlot each embedding row can occur in one slot only; it speeds up the gradient.
   */
  constructor(
    readonly store: ParameterStore,
    readonly config: TransformerConfig,
    embedding: Initialiser = normal(0.3),
    readonly bySlot = false,
  ) {
    checkTransformerConfig(config);
    const { width: d, depth, heads, mlp, buckets, outputStd = 0.02, varianceScale = 0.1 } = config;
    this.device = store.device;
    const scaled = config.initialisation === 'variance-scaled';
    const weight = (inputs: number): Initialiser => (scaled ? varianceScaled(inputs, varianceScale) : fanIn(inputs));
    const output = (inputs: number): Initialiser => (scaled ? varianceScaled(inputs, varianceScale) : normal(outputStd));
    const norm = (name: string): Norm => ({
      gamma: store.declare(`${name}.weight`, [d], ones),
      beta: store.declare(`${name}.bias`, [d], zeros),
    });
    const dense = (name: string, outputs: number, inputs: number, start: Initialiser): Linear => ({
      weight: store.declare(`${name}.weight`, [outputs, inputs], start),
      bias: store.declare(`${name}.bias`, [outputs], scaled ? zeros : fanIn(inputs)),
    });
    this.embedding = store.declare('embedding.weight', [config.vocabulary, d], embedding);
    this.#blocks = Array.from({ length: depth }, (_, i) => {
      const at = `layers.${i}`;
      return {
        ln1: norm(`${at}.ln1`),
        ln2: norm(`${at}.ln2`),
        qkv: store.declare(`${at}.qkv.weight`, [3 * d, d], weight(d)),
        rel: store.declare(`${at}.rel`, [buckets, heads], zeros),
        o: store.declare(`${at}.o.weight`, [d, d], output(d)),
        w1: dense(`${at}.w1`, mlp, d, weight(d)),
        w2: dense(`${at}.w2`, d, mlp, output(mlp)),
      };
    });
    this.#final = norm('lnf');
    this.#act = dense('act', config.actions, d, weight(d));
    this.#obs = dense('obs', config.observationClasses, d, weight(d));
    this.#buckets = store.device.tensor(t5Buckets(LONGEST, buckets, config.maxDistance));
  }

  /**
   * Residual stream before the first block.
   * @param indices i32 [N, slots]: the rows of the embedding whose one-hot entry is set; −1 for none.
   * @returns [N, width]
   */
  embed(indices: Tensor): Tensor {
    return embeddingSum(this.embedding, indices, { bySlot: this.bySlot });
  }

  /**
   * Runs blocks `from` … `to − 1` over whole sequences.
   * @param x residual stream after `from` blocks, [batch·time, width].
   * @param hooks taps and edits for layers `from` … `to`; the one at `from` sees `x` itself.
   * @returns the residual stream after `to` blocks.
   */
  blocks(x: Tensor, { batch, time }: SequenceSize, from = 0, to = this.config.depth, hooks: Hooks = {}): Tensor {
    const { heads, width, window } = this.config;
    let e = visit(x, from, hooks);
    for (let i = from; i < to; i++) {
      const block = this.#blocks[i];
      const qkv = normedLinear(e, { ...block.ln1, eps: EPS }, block.qkv);
      const mixed = causalAttention(qkv.reshape([batch, time, 3 * width]), {
        biasTable: block.rel,
        bucketOfDistance: this.#buckets,
        heads,
        window,
      });
      e = visit(this.#feedForward(block, linear(mixed.reshape([batch * time, width]), block.o, { residual: e })), i + 1, hooks);
    }
    return e;
  }

  /** The two heads on the residual stream after the last block, [N, width]. */
  heads(e: Tensor): Heads {
    const y = layerNorm(e, { ...this.#final, eps: EPS });
    return {
      actions: linear(y, this.#act.weight, { bias: this.#act.bias }),
      observations: linear(y, this.#obs.weight, { bias: this.#obs.bias }),
    };
  }

  /** Next-action logits alone, [N, actions]. */
  actionLogits(e: Tensor): Tensor {
    return normedLinear(e, { ...this.#final, eps: EPS }, this.#act.weight, { bias: this.#act.bias });
  }

  /** The whole model over whole sequences. @param indices i32 [batch·time, slots] */
  forward(indices: Tensor, size: SequenceSize, hooks: Hooks = {}): Heads {
    return this.heads(this.blocks(this.embed(indices), size, 0, this.config.depth, hooks));
  }

  /**
   * One time step of blocks `from` … `to − 1`, with the keys and values of earlier steps in `cache`.
   * @param x [rows, width], the residual stream at this step after `from` blocks.
   */
  stepBlocks(x: Tensor, cache: Cache, from = 0, to = this.config.depth, hooks: Hooks = {}): Tensor {
    const { heads, window } = this.config;
    let e = visit(x, from, hooks);
    for (let i = from; i < to; i++) {
      const block = this.#blocks[i];
      const qkv = normedLinear(e, { ...block.ln1, eps: EPS }, block.qkv);
      const mixed = stepAttention(qkv, cache, i, { biasTable: block.rel, bucketOfDistance: this.#buckets, heads, window });
      e = visit(this.#feedForward(block, linear(mixed, block.o, { residual: e })), i + 1, hooks);
    }
    return e;
  }

  #feedForward(block: Block, e: Tensor): Tensor {
    const hidden = normedLinear(e, { ...block.ln2, eps: EPS }, block.w1.weight, { bias: block.w1.bias, relu: true });
    return linear(hidden, block.w2.weight, { bias: block.w2.bias, residual: e });
  }

  /** Frees the bucket table. The parameters belong to the store. */
  dispose(): void {
    this.#buckets.dispose();
  }
}

function visit(e: Tensor, layer: number, { taps, edits }: Hooks): Tensor {
  taps?.[layer]?.(e, layer);
  return edits?.[layer]?.(e, layer) ?? e;
}
