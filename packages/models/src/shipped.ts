/** What every shipped model says of itself: all that the loaders ask for. */
import type { ConfiguredWorld } from '@coxswain/envs';
import type { MetacontrollerConfig } from '@coxswain/metacontroller';
import type { Fetch } from '@coxswain/tensor';
import type { ModelDefinition, ModelSettings, ModelSpaces } from '@coxswain/transformer';

/** Where the weights are. */
export interface ShippedWeights {
  /** Of the safetensors file, beside the `config.json` of the run that left it. */
  readonly url: string;
  /** What reads this address where the runtime's own `fetch` does not. */
  readonly fetch?: Fetch;
}

/** A sequence model, as `loadModel` of `@coxswain/transformer` takes it. */
export interface ShippedModel extends ShippedWeights {
  readonly kinds: readonly ModelDefinition[];
  readonly config: ModelSettings;
  readonly spaces: ModelSpaces;
}

/** What steers it, as `loadMetacontroller` of `@coxswain/metacontroller` takes it. */
export interface ShippedController extends ShippedWeights {
  readonly config: MetacontrollerConfig;
  /** Blocks of the model after which it reads and steers. */
  readonly layer: number;
  /** Blocks after which its sequence embedder reads recorded episodes. */
  readonly embedderLayer: number;
}

export interface Shipped {
  /** The world that both were trained on, with the tasks that experts were shown at. */
  readonly world: ConfiguredWorld;
  /** Steps of an episode at most, in training. */
  readonly horizon: number;
  readonly base: ShippedModel;
  readonly controller: ShippedController;
}
