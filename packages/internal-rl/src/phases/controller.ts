/** Making and loading what steers: a metacontroller, or what a baseline has in its place. */

import { HostRandom } from '@coxswain/base';
import type { Trajectories } from '@coxswain/envs';
import { type Base, type Config, type TrainedModel, takeTensor } from '@coxswain/lab';
import type { CodeGenerator } from '@coxswain/metacontroller';
import { type Device, ParameterStore, readSafetensors, type SafeTensor } from '@coxswain/tensor';
import { type Chain, isOfStage, readChain } from '../moments/chain.js';
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

/** The codes' own distribution where switches open: what RL starts from. */
export interface CodeStatistics {
  readonly mean: Float32Array;
  readonly std: Float32Array;
}

export type NamedTensors = Map<string, SafeTensor>;

/** What a trained controller is in. */
export const MODEL_FILE = 'model.safetensors';
/** Names there beside the parameters. */
const CODE_MEAN = 'codes.mean';
const CODE_STD = 'codes.std';
/** A co-trained base's parameters. */
const BASE = 'base.';

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
 */
export function loadController(device: Device, trained: TrainedModel, base: Base): Controller & { readonly codes: CodeStatistics } {
  const { tensors } = readSafetensors(trained.bytes, trained.folder);
  const codes = { mean: takeTensor(tensors, CODE_MEAN), std: takeTensor(tensors, CODE_STD) };
  const [own, ofBase] = splitTensors(tensors);
  if (ofBase.size > 0) base.store.load(ofBase, trained.folder);
  const controller = frozenController(device, trained.config, base, own, trained.folder);
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

/** A frozen controller with these weights. @param what they are called in errors. */
export function frozenController(device: Device, config: Config, base: Base, tensors: NamedTensors, what: string): Controller {
  const controller = makeController(device, config, base, 0, false);
  controller.store.load(tensors, what);
  return controller;
}

/** The controllers that were found before a trained one, which say what it is shown. */
export function chainOf(device: Device, trained: Pick<TrainedModel, 'config' | 'bytes' | 'folder'>, base: Base): Chain | undefined {
  const { config } = trained;
  const make = (tensors: NamedTensors) => frozenController(device, config, base, tensors, trained.folder);
  return readChain({ base, config, make }, trained.bytes, trained.folder);
}

/** Parameters of a controller and, where it learns along, of its base, as one checkpoint has them. */
export async function controllerTensors(store: ParameterStore, base: ParameterStore | undefined): Promise<NamedTensors> {
  const tensors: NamedTensors = await store.save();
  for (const [name, tensor] of (await base?.save()) ?? []) tensors.set(`${BASE}${name}`, tensor);
  return tensors;
}

/** Adds the code statistics. */
export function withCodes(tensors: NamedTensors, { mean, std }: CodeStatistics): NamedTensors {
  return new Map([...tensors, [CODE_MEAN, { shape: [mean.length], data: mean }], [CODE_STD, { shape: [std.length], data: std }]]);
}

/**
 * The controller's own parameters, and the base's; the code statistics and controllers found before it are left out.
 */
export function splitTensors(tensors: ReadonlyMap<string, SafeTensor>): [own: NamedTensors, base: NamedTensors] {
  const named = [...tensors].filter(([name]) => name !== CODE_MEAN && name !== CODE_STD && !isOfStage(name));
  return [
    new Map(named.filter(([name]) => !name.startsWith(BASE))),
    new Map(named.filter(([name]) => name.startsWith(BASE)).map(([name, tensor]) => [name.slice(BASE.length), tensor])),
  ];
}
