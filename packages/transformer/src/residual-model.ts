import { checkSpace, outOfRange, requireSize } from '@coxswain/base';
import {
  type Device,
  fanIn,
  type Initialiser,
  Linear,
  layerNorm,
  normal,
  ones,
  type ParameterStore,
  type Tensor,
  varianceScaled,
  zeros,
} from '@coxswain/tensor';
import { type Distribution, distributionOf, headOutputs } from './distribution.js';
import { Embedder } from './embedder.js';
import { type BlockMemory, Memory } from './memory.js';
import { type Heads, type Hook, type SequenceModel, type SequenceModelConfig, type SequenceSize, visit } from './sequence-model.js';
import type { Observed } from './space-tensors.js';

export interface Norm {
  readonly gamma: Tensor;
  readonly beta: Tensor;
  readonly eps: number;
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
  for (const name of ['width', 'depth', 'mlp'] as const) requireSize(name, config[name]);
  checkSpace(config.observation, 'observation');
  checkSpace(config.action, 'action');
  if (config.predicted) checkSpace(config.predicted, 'predicted');
  for (const name of ['outputStd', 'varianceScale', 'embeddingStd'] as const) {
    const value = config[name] ?? 0;
    if (!(value >= 0 && Number.isFinite(value))) throw outOfRange(name, value, 'a finite number of at least 0');
  }
}

/**
 * A pre-norm residual stream: embed → (norm → mixer → add; norm → ReLU MLP → add) a block → heads (arXiv 2512.20605,
 * §3). What mixes the steps is the model's own.
 */
export abstract class ResidualModel<Config extends SequenceModelConfig> implements SequenceModel {
  readonly device: Device;
  readonly #blocks: readonly Block[];
  readonly #final: Norm;
  readonly #embedder: Embedder;
  readonly #act: Linear;
  readonly #obs: Linear | undefined;

  /**
   * Declares the parameters in `store` (call `store.finish` afterwards).
   * @param mixer declares what mixes a block's steps; `at` is what its parameters' names begin with.
   */
  constructor(
    readonly store: ParameterStore,
    readonly config: Config,
    mixer: (at: string, how: Declaring) => Mixer,
  ) {
    const { width: d, depth, mlp, outputStd = 0.02, varianceScale = 0.1, embeddingStd: std = 0.3 } = config;
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
    const dense = (name: string, inputs: number, outputs: number, start = weight(inputs)): Linear =>
      new Linear(store, name, inputs, outputs, { weight: start, bias: bias(inputs) });
    this.#embedder = new Embedder(store, config.observation, { width: d, std, ...(scaled && { varianceScale }) });
    this.#blocks = Array.from({ length: depth }, (_, i) => {
      const at = `layers.${i}`;
      return {
        ln1: norm(`${at}.ln1`),
        ln2: norm(`${at}.ln2`),
        mixer: mixer(at, { store, weight, output, bias }),
        w1: dense(`${at}.w1`, d, mlp),
        w2: dense(`${at}.w2`, mlp, d, output(mlp)),
      };
    });
    this.#final = norm('lnf');
    this.#act = dense('act', d, headOutputs(config.action, 'action'));
    if (config.predicted) this.#obs = dense('obs', d, headOutputs(config.predicted, 'predicted'));
  }

  embed(observation: Observed): Tensor {
    return this.#embedder.embed(observation);
  }

  blocks(x: Tensor, size: SequenceSize, from = 0, to = this.config.depth, hooks: readonly Hook[] = []): Tensor {
    return this.#run(x, from, to, hooks, ({ mixer, ln1 }, e) => mixer.mix(e, ln1, size));
  }

  heads(e: Tensor): Heads {
    const { action, predicted } = this.config;
    const y = layerNorm(e, this.#final);
    return {
      action: distributionOf(action, this.#act.forward(y), 'action'),
      ...(predicted && this.#obs && { predicted: distributionOf(predicted, this.#obs.forward(y), 'predicted') }),
    };
  }

  action(e: Tensor): Distribution {
    return distributionOf(this.config.action, this.#act.afterNorm(e, this.#final), 'action');
  }

  forward(observation: Observed, size: SequenceSize, hooks: readonly Hook[] = []): Heads {
    return this.heads(this.blocks(this.embed(observation), size, 0, this.config.depth, hooks));
  }

  memory(rows: number, longest: number): Memory {
    return new Memory(
      this.device,
      this.#blocks.map(({ mixer }) => mixer.memory(rows, longest)),
    );
  }

  stepBlocks(x: Tensor, memory: Memory, from = 0, to = this.config.depth, hooks: readonly Hook[] = []): Tensor {
    return this.#run(x, from, to, hooks, ({ mixer, ln1 }, e, layer) => mixer.step(e, ln1, memory, layer));
  }

  #run(x: Tensor, from: number, to: number, hooks: readonly Hook[], mix: (block: Block, e: Tensor, layer: number) => Tensor): Tensor {
    let e = visit(x, from, hooks);
    for (let layer = from; layer < to; layer++) {
      const block = this.#blocks[layer];
      const mixed = mix(block, e, layer);
      const hidden = block.w1.afterNorm(mixed, block.ln2, { relu: true });
      e = visit(block.w2.forward(hidden, { residual: mixed }), layer + 1, hooks);
    }
    return e;
  }

  abstract declareIn(store: ParameterStore, depth?: number): SequenceModel;

  dispose(): void {}
}
