/** Making and loading what steers: a metacontroller, or what a baseline has in its place. */

import { HostRandom } from '@coxswain/base';
import type { Trajectories } from '@coxswain/envs';
import type { Base, Config, TrainedModel } from '@coxswain/lab';
import { type CodeGenerator, type CodeStatistics, restoreController } from '@coxswain/metacontroller';
import { CheckpointError, type Device, ParameterStore, readSafetensors, type SafeTensor } from '@coxswain/tensor';
import { type Chain, readChain } from '../moments/chain.js';
import type { Moments } from '../moments/moments.js';
import type { StageTrace } from '../report/traces.js';
import { methodOf } from './methods.js';
import { RUN_STREAM } from './streams.js';

export interface Controller {
  readonly model: CodeGenerator;
  readonly store: ParameterStore;
  /** Which moments of an episode it is shown, where no event of the world says it. */
  readonly moments?: Moments;
  /** What each of its stages was shown and found in a few episodes of a seed, where it was found in stages. */
  readonly traces?: (episodes: Trajectories, seed: number) => Promise<StageTrace[]>;
  dispose(): void;
}

export type NamedTensors = Map<string, SafeTensor>;

/** What a trained controller is in. */
export const MODEL_FILE = 'model.safetensors';
/**
 * A controller at a random start.
 * @param base what it is going to steer.
 * @param trainable false for a frozen one.
 * @param start which of the starts of this seed.
 */
export function makeController(device: Device, config: Config, base: Base, seed: number, trainable = true, start = 0): Controller {
  const store = new ParameterStore(device, trainable);
  const model = methodOf(config).generator(store, config, base.model);
  store.finish(new HostRandom(seed, start === 0 ? RUN_STREAM.controller : RUN_STREAM.furtherStarts + start));
  model.startFrom?.(base.model);
  return { model, store, dispose: () => disposeBoth(model, store) };
}

function disposeBoth(model: object, store: ParameterStore): void {
  if ('dispose' in model) (model as { dispose(): void }).dispose();
  store.dispose();
}

/**
 * The controller of a trained checkpoint, frozen, and its codes' statistics. A co-trained one brings its base along,
 * whose parameters take the place of those of `base`.
 * @throws CheckpointError where it has no such statistics, or is no controller of its configuration.
 */
export function loadController(device: Device, trained: TrainedModel, base: Base): Controller & { readonly codes: CodeStatistics } {
  const { tensors } = readSafetensors(trained.bytes, trained.folder);
  const { codes, ...controller } = restored(device, trained.config, base, tensors, trained.folder);
  if (!codes) {
    controller.dispose();
    const remedy = 'Start discovery anew in another folder';
    throw new CheckpointError(trained.folder, 'no tensors "codes.mean" and "codes.std"', 'the model of a run of discovery', remedy);
  }
  const chain = chainOf(device, trained, base);
  const dispose = (): void => {
    chain?.dispose();
    controller.dispose();
  };
  const staged: Pick<Controller, 'moments' | 'traces'> = chain
    ? { moments: chain.moments, traces: (episodes, seed) => chain.traces(controller, episodes, seed) }
    : {};
  return { ...controller, codes, ...staged, dispose };
}

/** What the file of a controller holds, frozen. @param what the file is called in errors. */
function restored(device: Device, config: Config, base: Base, weights: NamedTensors, what: string) {
  return restoreController(device, (store) => methodOf(config).generator(store, config, base.model), { base, weights, what });
}

/** A frozen controller with these weights. @param what they are called in errors. */
export const frozenController = (device: Device, config: Config, base: Base, tensors: NamedTensors, what: string): Controller =>
  restored(device, config, base, tensors, what);

/** The controllers that were found before a trained one, which say what it is shown. */
export function chainOf(device: Device, trained: Pick<TrainedModel, 'config' | 'bytes' | 'folder'>, base: Base): Chain | undefined {
  const { config } = trained;
  const make = (tensors: NamedTensors) => frozenController(device, config, base, tensors, trained.folder);
  return readChain({ base, config, make }, trained.bytes, trained.folder);
}
