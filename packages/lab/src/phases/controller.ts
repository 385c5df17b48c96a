/** Making and loading what steers: a metacontroller, or what a baseline has in its place. */
import type { CodeGenerator } from '@coxswain/metacontroller';
import { type Device, HostRandom, ParameterStore, readSafetensors, type SafeTensor } from '@coxswain/tensor';
import type { TrainedModel } from '../run/model.js';
import type { Config } from '../settings/sections.js';
import { type Base, takeTensor } from './base.js';
import { methodOf } from './methods.js';

export interface Controller {
  readonly model: CodeGenerator;
  readonly store: ParameterStore;
  dispose(): void;
}

/** The codes' own distribution where switches open: what RL starts from. */
export interface CodeStatistics {
  readonly mean: Float32Array;
  readonly std: Float32Array;
}

export type NamedTensors = Map<string, SafeTensor>;

/** Names in `model.safetensors` beside the parameters. */
const CODE_MEAN = 'codes.mean';
const CODE_STD = 'codes.std';
/** A co-trained base's parameters. */
const BASE = 'base.';

/** Streams of a seed's random numbers from which further starts draw; the low ones belong to the phases. */
const FURTHER_STARTS = 16;

/**
 * A controller at a random start.
 * @param base what it is going to steer.
 * @param trainable false for a frozen one.
 * @param start which of the starts of this seed.
 */
export function makeController(device: Device, config: Config, base: Base, seed: number, trainable = true, start = 0): Controller {
  const store = new ParameterStore(device, trainable);
  const model = methodOf(config).generator(store, config, base.model);
  store.finish(new HostRandom(seed, start === 0 ? 1 : FURTHER_STARTS + start));
  model.startFrom?.(base.model);
  return { model, store, dispose: () => disposeBoth(model, store) };
}

function disposeBoth(model: object, store: ParameterStore): void {
  if ('dispose' in model) (model as { dispose(): void }).dispose();
  store.dispose();
}

/**
 * The controller of a trained checkpoint, frozen, and its codes' statistics. A co-trained one brings its base along, whose parameters
 * take the place of those of `base`.
 */
export function loadController(device: Device, trained: TrainedModel, base: Base): Controller & { readonly codes: CodeStatistics } {
  const { tensors } = readSafetensors(trained.bytes, trained.folder);
  const codes = { mean: takeTensor(tensors, CODE_MEAN), std: takeTensor(tensors, CODE_STD) };
  const [own, ofBase] = splitTensors(tensors);
  if (ofBase.size > 0) base.store.load(ofBase, trained.folder);
  const controller = makeController(device, trained.identity.config as Config, base, 0, false);
  controller.store.load(own, trained.folder);
  return { ...controller, codes };
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

/** The controller's own parameters, and the base's; the code statistics are left out. */
export function splitTensors(tensors: ReadonlyMap<string, SafeTensor>): [own: NamedTensors, base: NamedTensors] {
  const named = [...tensors].filter(([name]) => name !== CODE_MEAN && name !== CODE_STD);
  return [
    new Map(named.filter(([name]) => !name.startsWith(BASE))),
    new Map(named.filter(([name]) => name.startsWith(BASE)).map(([name, tensor]) => [name.slice(BASE.length), tensor])),
  ];
}
