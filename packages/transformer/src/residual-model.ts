import { outOfRange, requireSize } from '@coxswain/base';
import {
  type Device,
  embeddingSum,
  type Initialiser,
  layerNorm,
  linear,
  normedLinear,
  type ParameterStore,
  type Tensor,
} from '@coxswain/tensor';
import { fanIn, normal, ones, varianceScaled, zeros } from './initialise.js';
import { type BlockMemory, Memory } from './memory.js';
import { type Heads, type Hooks, type SequenceModel, type SequenceModelConfig, type SequenceSize, visit } from './sequence-model.js';

export interface Norm {
  readonly gamma: Tensor;
  readonly beta: Tensor;
  readonly eps: number;
}
export interface Linear {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** How the parameters of a model start, and what declares them. */
export interface Declaring {
  readonly store: ParameterStore;
  /** Of a weight that reads so many inputs. */
  readonly weight: (inputs: number) => Initialiser;
  /** Of one that writes to the residual stream. */
  readonly output: (inputs: number) => Initialiser;
  /** Of biases. */
  readonly bias: (inputs: number) => Initialiser;
}

/** The part of a block that looks at other steps. */
export interface Mixer {
  /** @param e residual stream [batch·time, width]. @param norm read before it. @returns e with what the mixer adds. */
  mix(e: Tensor, norm: Norm, size: SequenceSize): Tensor;
  /** The same for one step, [rows, width]. @param layer of which block of the memory. */
  step(e: Tensor, norm: Norm, memory: Memory, layer: number): Tensor;
  memory(rows: number, longest: number): BlockMemory;
}

interface Block {
  readonly ln1: Norm;
  readonly ln2: Norm;
  readonly mixer: Mixer;
  readonly w1: Linear;
  readonly w2: Linear;
}

const EPS = 1e-5;

/** @throws CoxswainError naming the first value that is out of range. */
export function checkSequenceModelConfig(config: SequenceModelConfig): void {
  for (const name of ['width', 'depth', 'mlp', 'vocabulary', 'slots', 'actions', 'observationClasses'] as const)
    requireSize(name, config[name]);
  for (const name of ['outputStd', 'varianceScale'] as const) {
    const value = config[name] ?? 0;
    if (!(value >= 0 && Number.isFinite(value))) throw outOfRange(name, value, 'a finite number of at least 0');
  }
}

/**
 * A pre-norm residual stream: embed → (norm → mixer → add; norm → ReLU MLP → add) a block → heads (arXiv 2512.20605, §3). What mixes
 * the steps is the model's own.
 */
export abstract class ResidualModel<Config extends SequenceModelConfig> implements SequenceModel {
  /** [vocabulary, width]. */
  readonly embedding: Tensor;
  readonly device: Device;
  readonly #blocks: readonly Block[];
  readonly #final: Norm;
  readonly #act: Linear;
  readonly #obs: Linear;

  /**
   * Declares the parameters in `store` (call `store.finish` afterwards).
   * @param embedding how the observation embedding starts; normal with std 0.3 by default.
   * @param bySlot each embedding row can occur in one slot only; it speeds up the gradient.
   * @param mixer declares what mixes a block's steps; `at` is what its parameters' names begin with.
   */
  constructor(
    readonly store: ParameterStore,
    readonly config: Config,
    embedding: Initialiser = normal(0.3),
    readonly bySlot = false,
    mixer: (at: string, how: Declaring) => Mixer,
  ) {
    const { width: d, depth, mlp, outputStd = 0.02, varianceScale = 0.1 } = config;
    this.device = store.device;
    const scaled = config.initialisation === 'variance-scaled';
    const weight = (inputs: number): Initialiser => (scaled ? varianceScaled(inputs, varianceScale) : fanIn(inputs));
    const output = (inputs: number): Initialiser => (scaled ? varianceScaled(inputs, varianceScale) : normal(outputStd));
    const bias = (inputs: number): Initialiser => (scaled ? zeros : fanIn(inputs));
    const norm = (name: string): Norm => ({
      gamma: store.declare(`${name}.weight`, [d], ones),
      beta: store.declare(`${name}.bias`, [d], zeros),
      eps: EPS,
    });
    const dense = (name: string, outputs: number, inputs: number, start: Initialiser): Linear => ({
      weight: store.declare(`${name}.weight`, [outputs, inputs], start),
      bias: store.declare(`${name}.bias`, [outputs], bias(inputs)),
    });
    this.embedding = store.declare('embedding.weight', [config.vocabulary, d], embedding);
    this.#blocks = Array.from({ length: depth }, (_, i) => {
      const at = `layers.${i}`;
      return {
        ln1: norm(`${at}.ln1`),
        ln2: norm(`${at}.ln2`),
        mixer: mixer(at, { store, weight, output, bias }),
        w1: dense(`${at}.w1`, mlp, d, weight(d)),
        w2: dense(`${at}.w2`, d, mlp, output(mlp)),
      };
    });
    this.#final = norm('lnf');
    this.#act = dense('act', config.actions, d, weight(d));
    this.#obs = dense('obs', config.observationClasses, d, weight(d));
  }

  embed(indices: Tensor): Tensor {
    return embeddingSum(this.embedding, indices, { bySlot: this.bySlot });
  }

  blocks(x: Tensor, size: SequenceSize, from = 0, to = this.config.depth, hooks: Hooks = {}): Tensor {
    return this.#run(x, from, to, hooks, ({ mixer, ln1 }, e) => mixer.mix(e, ln1, size));
  }

  heads(e: Tensor): Heads {
    const y = layerNorm(e, this.#final);
    return {
      actions: linear(y, this.#act.weight, { bias: this.#act.bias }),
      observations: linear(y, this.#obs.weight, { bias: this.#obs.bias }),
    };
  }

  actionLogits(e: Tensor): Tensor {
    return normedLinear(e, this.#final, this.#act.weight, { bias: this.#act.bias });
  }

  forward(indices: Tensor, size: SequenceSize, hooks: Hooks = {}): Heads {
    return this.heads(this.blocks(this.embed(indices), size, 0, this.config.depth, hooks));
  }

  memory(rows: number, longest: number): Memory {
    return new Memory(
      this.device,
      this.#blocks.map(({ mixer }) => mixer.memory(rows, longest)),
    );
  }

  stepBlocks(x: Tensor, memory: Memory, from = 0, to = this.config.depth, hooks: Hooks = {}): Tensor {
    return this.#run(x, from, to, hooks, ({ mixer, ln1 }, e, layer) => mixer.step(e, ln1, memory, layer));
  }

  #run(x: Tensor, from: number, to: number, hooks: Hooks, mix: (block: Block, e: Tensor, layer: number) => Tensor): Tensor {
    let e = visit(x, from, hooks);
    for (let layer = from; layer < to; layer++) {
      const block = this.#blocks[layer];
      const mixed = mix(block, e, layer);
      const hidden = normedLinear(mixed, block.ln2, block.w1.weight, { bias: block.w1.bias, relu: true });
      e = visit(linear(hidden, block.w2.weight, { bias: block.w2.bias, residual: mixed }), layer + 1, hooks);
    }
    return e;
  }

  abstract declareIn(store: ParameterStore, depth?: number): SequenceModel;

  dispose(): void {}
}
