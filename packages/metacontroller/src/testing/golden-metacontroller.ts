/** Test-only: the trained metacontroller of `kernels/golden/trained`, whose README names its tensors. */

import { HostRandom } from '@coxswain/base';
import { type Device, ParameterStore } from '@coxswain/tensor';
import { f32, readGolden } from '../../../../kernels/src/testing/golden.js';
import type { MetacontrollerConfig } from '../config.js';
import { Metacontroller } from '../metacontroller.js';

export const GOLDEN_METACONTROLLER_CONFIG: MetacontrollerConfig = {
  width: 64,
  latent: 8,
  history: 32,
  embedding: 32,
  encoder: 64,
  switch: 64,
  decoder: 32,
  rank: 16,
  pooled: true,
  switchBias: -2,
};

/** A metacontroller with the golden weights. @param trainable false for a frozen one. */
export function goldenMetacontroller(
  device: Device,
  trainable = false,
): { readonly metacontroller: Metacontroller; readonly store: ParameterStore } {
  const golden = readGolden('trained/metacontroller');
  const store = new ParameterStore(device, trainable);
  const metacontroller = new Metacontroller(store, GOLDEN_METACONTROLLER_CONFIG);
  store.finish(new HostRandom(0));
  const { width, history, encoder, embedding } = GOLDEN_METACONTROLLER_CONFIG;
  const columns = width + history + embedding;
  // Ours has the encoder's first layer in two parts.
  const part = (from: number, to: number) => ({
    shape: [encoder, to - from],
    data: Float32Array.from(
      { length: encoder * (to - from) },
      (_, i) => golden['enc.0.weight'].data[Math.floor(i / (to - from)) * columns + from + (i % (to - from))],
    ),
  });
  const named = store.names.map((name): [string, { shape: number[]; data: Float32Array }] => {
    if (name === 'enc.0.step.weight') return [name, part(0, width + history)];
    if (name === 'enc.0.sequence.weight') return [name, part(width + history, columns)];
    return [name, { shape: golden[name].shape, data: f32(golden[name]) }];
  });
  store.load(new Map(named), 'golden metacontroller');
  return { metacontroller, store };
}

/**
 * Mean and standard deviation of the codes taken at open switches in the golden episodes, sampled from their posteriors
 * N(μ, σ²): where a dimension says nothing its σ is large, and it is as free for a policy.
 */
export function goldenCodes(): { readonly mean: Float32Array; readonly std: Float32Array } {
  const { mu, log_sigma: logSigma, beta_hard: beta, length } = readGolden('trained/episodes');
  const [episodes, time] = beta.shape;
  const { latent } = GOLDEN_METACONTROLLER_CONFIG;
  const taken: number[] = [];
  for (let i = 0; i < episodes; i++) for (let t = 0; t < length.data[i]; t++) if (beta.data[i * time + t] > 0.5) taken.push(i * time + t);
  const mean = new Float32Array(latent);
  const std = new Float32Array(latent);
  for (let k = 0; k < latent; k++) {
    const average = (of: (at: number) => number): number => taken.reduce((sum, at) => sum + of(at * latent + k) / taken.length, 0);
    mean[k] = average((at) => mu.data[at]);
    // Variance of a mixture: of the means, and within each.
    std[k] = Math.sqrt(average((at) => (mu.data[at] - mean[k]) ** 2 + Math.exp(2 * logSigma.data[at])));
  }
  return { mean, std };
}
