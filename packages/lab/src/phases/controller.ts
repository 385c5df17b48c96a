/** Making and loading metacontrollers. */

import { Metacontroller } from '@coxswain/metacontroller';
import { type Device, HostRandom, ParameterStore, readSafetensors, type SafeTensor } from '@coxswain/tensor';
import type { TrainedModel } from '../run/model.js';
import type { Config } from '../settings/sections.js';
import { takeTensor } from './base.js';

export interface Controller {
  readonly model: Metacontroller;
  readonly store: ParameterStore;
  dispose(): void;
}

/** The codes' own distribution where switches open: what RL starts from. */
export interface CodeStatistics {
  readonly mean: Float32Array;
  readonly std: Float32Array;
}

/** Names in `model.safetensors` beside the parameters. */
const CODE_MEAN = 'codes.mean';
const CODE_STD = 'codes.std';

/** Streams of a seed's random numbers from which further starts draw; the low ones belong to the phases. */
const FURTHER_STARTS = 16;

/**
 * A metacontroller at a random start.
 * @param trainable false for a frozen one.
 * @param start which of the starts of this seed.
 */
export function makeController(
  device: Device,
  { metacontroller: m, model }: Config,
  seed: number,
  trainable = true,
  start = 0,
): Controller {
  const store = new ParameterStore(device, trainable);
  const controller = new Metacontroller(store, {
    width: model.width,
    latent: m.code,
    history: m.history,
    embedding: m.sequence,
    encoder: m.encoder,
    switch: m.switch,
    decoder: m.decoder,
    rank: m.rank,
    pooled: m.pooled,
    switchBias: m.switchBias,
  });
  store.finish(new HostRandom(seed, start === 0 ? 1 : FURTHER_STARTS + start));
  return { model: controller, store, dispose: () => store.dispose() };
}

/** The metacontroller of a trained checkpoint, frozen, and its codes' statistics. */
export function loadController(device: Device, trained: TrainedModel): Controller & { readonly codes: CodeStatistics } {
  const { tensors } = readSafetensors(trained.bytes, trained.folder);
  const codes = { mean: takeTensor(tensors, CODE_MEAN), std: takeTensor(tensors, CODE_STD) };
  const controller = makeController(device, trained.identity.config as Config, 0, false);
  controller.store.load(tensors, trained.folder);
  return { ...controller, codes };
}

/** Parameters and code statistics as one checkpoint. */
export async function controllerTensors(store: ParameterStore, { mean, std }: CodeStatistics): Promise<Map<string, SafeTensor>> {
  const tensors: Map<string, SafeTensor> = await store.save();
  tensors.set(CODE_MEAN, { shape: [mean.length], data: mean });
  tensors.set(CODE_STD, { shape: [std.length], data: std });
  return tensors;
}
