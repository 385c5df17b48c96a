import type { ParameterStore } from '@coxswain/tensor';
import { ResidualModel } from '../residual-model.js';
import { checkHawkConfig, type HawkConfig } from './config.js';
import { RecurrentMixer } from './mixer.js';

/**
 * A sequence model of recurrence: what mixes the steps is Hawk's, a causal convolution and a real-gated linear
 * recurrent unit (arXiv 2402.19427, §2). A step costs the same however many came before it.
 */
export class Hawk extends ResidualModel<HawkConfig> {
  /** As `ResidualModel`. */
  constructor(store: ParameterStore, config: HawkConfig) {
    checkHawkConfig(config);
    super(store, config, (at, how) => new RecurrentMixer(at, config, how));
  }

  override declareIn(store: ParameterStore, depth = this.config.depth): Hawk {
    return new Hawk(store, { ...this.config, depth });
  }
}
