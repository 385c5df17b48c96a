/**
 * What a discovery step works on: a metacontroller at the first block of a small frozen transformer, and its loss in
 * float64.
 */
import { HostRandom, openUniform, philox4x32, twoWords } from '@coxswain/base';
import { GATE_MODE } from '@coxswain/kernels';
import type { DiscoveryBatch, MetacontrollerConfig } from '@coxswain/metacontroller';
import type { TransformerConfig } from '@coxswain/transformer';
import { contextReference, integrateReference, readReference, recurReference, steerReference } from '../reference/metacontroller.js';
import { sizesOf } from '../reference/sizes.js';
import {
  blocksReference,
  dataOf,
  embeddingReference,
  headLossReference,
  linearReference,
  mean,
  type Numbers,
  reluReference,
  type Weights,
} from '../reference/transformer.js';
import { pretraining } from './pretraining.js';

export interface DiscoverySpec {
  readonly config: TransformerConfig;
  readonly controller: MetacontrollerConfig;
  /** Where the metacontroller reads and writes, and where its sequence embedder reads. */
  readonly layer: number;
  readonly embedderLayer: number;
  readonly batch: number;
  readonly time: number;
  readonly alpha: number;
  readonly seed: number;
}

/** The sizes of the `grid-mini` preset; its demonstrations are about 11 steps long. */
export const discovery: DiscoverySpec = {
  config: pretraining.config,
  controller: {
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
  },
  layer: 1,
  embedderLayer: 2,
  batch: 128,
  time: 12,
  alpha: 0.1,
  seed: 1,
};

export const GATE = { mode: GATE_MODE.soft, temperature: 1 } as const;

export const shapeOf = ({ config, controller, batch, time }: DiscoverySpec): string =>
  `d${config.width} L${config.depth} r${controller.rank} T${time} B${batch}`;

/** Full episodes of random tokens; each is explained by the next one of the batch. */
export function makeBatch({ config, batch, time }: DiscoverySpec): DiscoveryBatch & { readonly partner: Uint32Array } {
  const random = new HostRandom(2);
  const draw = (below: number): number => Math.floor(random.uniform() * below);
  const { vocabulary, actions } = sizesOf(config);
  return {
    batch,
    time,
    observation: [Int32Array.from({ length: batch * (time + 1) }, () => draw(vocabulary))],
    action: [Int32Array.from({ length: batch * time }, () => draw(actions))],
    mask: new Float32Array(batch * time).fill(1),
    lengths: new Uint32Array(batch).fill(time),
    partner: Uint32Array.from({ length: batch }, (_, i) => (i + 1) % batch),
  };
}

/**
 * The noise that codes of a run's step are sampled with, [batch·time, latent]: Philox with its seed, stream 1, by
 * Box–Muller.
 */
export function codeNoise({ batch, time, controller: { latent }, seed }: DiscoverySpec, step: number): Float64Array {
  const count = batch * time * latent;
  const noise = new Float64Array(count);
  for (let pair = 0; pair < count; pair += 2) {
    const words = philox4x32([Math.floor(pair / 4), 1, step, 0], twoWords('codeNoise', 'seed', seed));
    const [radius, turn] = [openUniform(words[pair % 4]), openUniform(words[(pair % 4) + 1])];
    const size = Math.sqrt(-2 * Math.log(radius));
    noise[pair] = size * Math.cos(2 * Math.PI * turn);
    if (pair + 1 < count) noise[pair + 1] = size * Math.sin(2 * Math.PI * turn);
  }
  return noise;
}

/** Steps `from` on of every sequence, `count` of them. */
function steps(x: Numbers, { batch, time, width }: Record<'batch' | 'time' | 'width', number>, from: number, count: number): Float64Array {
  return Float64Array.from({ length: batch * count * width }, (_, i) => {
    const row = Math.floor(i / width);
    return x[(Math.floor(row / count) * time + from + (row % count)) * width + (i % width)];
  });
}

/**
 * What the frozen base gives a step to begin with: the residual streams that are read, [batch·(time + 1), width] each.
 */
export function frozenBelow({ config, layer, embedderLayer, batch, time }: DiscoverySpec, { observation }: DiscoveryBatch, base: Weights) {
  const size = { batch, time: time + 1 };
  const to = (depth: number) => blocksReference(config, embeddingReference(config, observation[0], base), size, base, [0, depth]);
  return { residual: to(layer), seen: to(embedderLayer) };
}

/** The loss of the first step of a run in float64: mean over steps of −log p(action) + α KL. */
export function discoveryLoss(
  spec: DiscoverySpec,
  { action, partner }: ReturnType<typeof makeBatch>,
  base: Weights,
  { residual, seen }: ReturnType<typeof frozenBelow>,
  weights: Weights,
): number {
  const { config, controller, layer, batch, time, alpha } = spec;
  const { width, latent, history, embedding, encoder } = controller;
  const rows = batch * time;
  const at = (name: string): Numbers => dataOf(weights, name);
  const whole = { batch, time: time + 1, width };
  const e = steps(residual, whole, 0, time);
  const context = contextReference(controller, e, { batch, time }, weights);
  const partnerSeen = Float64Array.from(seen, (_, i) => {
    const each = (time + 1) * width;
    return seen[partner[Math.floor(i / each)] * each + (i % each)];
  });
  const embedded = recurReference('bwd', readReference(partnerSeen, width), { ...whole, hidden: embedding, reverse: 1 }, weights);
  const s = steps(embedded, { ...whole, width: embedding }, 0, 1);
  const ofSequence = linearReference(s, [batch, embedding, encoder], at('enc.0.sequence.weight'));
  const ofStep = linearReference(context, [rows, width + history, encoder], at('enc.0.step.weight'), at('enc.0.bias'));
  const hidden = reluReference(ofStep.map((value, i) => value + ofSequence[Math.floor(i / (time * encoder)) * encoder + (i % encoder)]));
  const code = linearReference(hidden, [rows, encoder, 2 * latent], at('enc.2.weight'), at('enc.2.bias'));
  let kl = 0;
  const proposal = codeNoise(spec, 0).map((draw, i) => {
    const row = Math.floor(i / latent);
    const mu = code[row * 2 * latent + (i % latent)];
    const logSigma = Math.min(3, Math.max(-5, code[row * 2 * latent + latent + (i % latent)]));
    kl += (Math.exp(2 * logSigma) + mu * mu - 1) / 2 - logSigma;
    return mu + Math.exp(logSigma) * draw;
  });
  const { z } = integrateReference(controller, context, proposal, { batch, time }, weights, GATE);
  const steered = steerReference(controller, e, z, weights);
  const last = blocksReference(config, steered, { batch, time }, base, [layer, config.depth]);
  return mean(headLossReference(config, last, base, 'act', action[0])) + (alpha * kl) / rows;
}
