import { t5Buckets } from '@coxswain/kernels';
import { attentionStep, causalAttention, linear, normedLinear, type ParameterStore, type Tensor, zeros } from '@coxswain/tensor';
import type { BlockMemory, Memory } from '../memory.js';
import { type Declaring, type Mixer, type Norm, ResidualModel } from '../residual-model.js';
import type { SequenceSize } from '../sequence-model.js';
import { checkTransformerConfig, type TransformerConfig } from './config.js';

/** Longest sequence the bucket table covers; T5 buckets make any length meaningful, this bounds a buffer. */
const LONGEST = 1024;

/**
 * The base sequence model: embed → blocks → heads, pre-norm, causal attention with T5 relative-position bias, ReLU MLP
 * (arXiv 2512.20605, §3); attention may be given a window. Its residual stream can be read and edited after every
 * block, in the full-sequence form and in the one-step form.
 */
export class Transformer extends ResidualModel<TransformerConfig> {
  readonly #buckets: Tensor;

  /** As `ResidualModel`; what is declared are q, k, v, the T5 bias and the projection back. */
  constructor(store: ParameterStore, config: TransformerConfig) {
    checkTransformerConfig(config);
    const buckets = store.device.tensor(t5Buckets(LONGEST, config.buckets, config.maxDistance));
    super(store, config, (at, how) => new AttentionMixer(at, config, how, buckets));
    this.#buckets = buckets;
  }

  override declareIn(store: ParameterStore, depth = this.config.depth): Transformer {
    return new Transformer(store, { ...this.config, depth });
  }

  /** Frees the bucket table. The parameters belong to the store. */
  override dispose(): void {
    this.#buckets.dispose();
  }
}

class AttentionMixer implements Mixer {
  /** [3·width, width]: q, k, v; without bias. */
  readonly #qkv: Tensor;
  readonly #output: Tensor;
  readonly #attention: Parameters<typeof causalAttention>[1];

  constructor(
    at: string,
    private readonly config: TransformerConfig,
    { store, weight, output }: Declaring,
    buckets: Tensor,
  ) {
    const { width, heads, window } = config;
    this.#qkv = store.declare(`${at}.qkv.weight`, [3 * width, width], weight(width));
    const biasTable = store.declare(`${at}.rel`, [config.buckets, heads], zeros);
    this.#output = store.declare(`${at}.o.weight`, [width, width], output(width));
    this.#attention = { biasTable, bucketOfDistance: buckets, heads, window };
  }

  mix(e: Tensor, norm: Norm, { batch, time }: SequenceSize): Tensor {
    const { width } = this.config;
    const qkv = normedLinear(e, norm, this.#qkv);
    const mixed = causalAttention(qkv.reshape([batch, time, 3 * width]), this.#attention);
    return linear(mixed.reshape([batch * time, width]), this.#output, { residual: e });
  }

  /** Appends this step's key and value to the memory and attends over all so far, or the window. */
  step(e: Tensor, norm: Norm, { blocks, step, row }: Memory, layer: number): Tensor {
    const { keys, values } = blocks[layer].tensors;
    const cacheRow = row ? { cacheRow: row } : {};
    const mixed = attentionStep(normedLinear(e, norm, this.#qkv), { keys, values, step, ...cacheRow, ...this.#attention });
    return linear(mixed, this.#output, { residual: e });
  }

  memory(rows: number, longest: number): BlockMemory {
    const { device } = this.#qkv;
    const make = (): Tensor => device.zeros([rows, longest, this.config.width]);
    return { tensors: { keys: make(), values: make() }, startsAtZero: false };
  }
}
