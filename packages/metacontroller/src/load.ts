/** Loading trained metacontrollers, wherever they lie. */
import {
  ArgumentError,
  CheckpointError,
  type Device,
  fetchWeights,
  type LoadOptions,
  type LoadReport,
  loadWeights,
  type NamedNumbers,
  ParameterStore,
  renamed,
  tensorsOfWeights,
  type Weights,
  type WeightsSource,
  weightsOf,
} from '@coxswain/tensor';
import { checkMetacontrollerConfig, type MetacontrollerConfig } from './config.js';
import { Metacontroller } from './metacontroller.js';
import { type CodeStatistics, codesOf, partsOf } from './parts.js';
import type { Steering } from './steering.js';

export interface ControllerPlan {
  /** What it steers. Needed where the base learned along: its parameters, which the file brings, are replaced. */
  readonly base?: { readonly store: ParameterStore } | undefined;
  /** Frozen when absent. */
  readonly trainable?: boolean | undefined;
  /** Of the start that parameters are drawn from; 0 when absent. */
  readonly seed?: number | undefined;
}

export interface LoadedController<C extends Steering = Metacontroller> {
  readonly model: C;
  readonly store: ParameterStore;
  /** Absent where the file has none. */
  readonly codes?: CodeStatistics;
  /** Which of its parameters came from the file. */
  readonly report: LoadReport;
  /** Frees the controller and its parameters. */
  dispose(): void;
}

/**
 * What steers, with weights that are in memory already.
 * @param declare declares its parameters in the store.
 * @throws CheckpointError for weights that are not its own, or of a base where none is given; NotFiniteError for one
 * that is NaN or infinite. The controller is then freed, and the base as it was.
 */
export function restoreController<C extends Steering & { dispose?(): void }>(
  device: Device,
  declare: (store: ParameterStore) => C,
  { base, trainable = false, seed = 0, weights, rename, ...options }: ControllerPlan & LoadOptions & { readonly weights: Weights },
): LoadedController<C> {
  const { what = 'controller' } = options;
  const { tensors } = tensorsOfWeights(weights, what);
  const parts = partsOf(rename ? renamed(tensors, rename, what) : tensors);
  if (parts.base.size > 0 && !base) {
    const [first] = parts.base.keys();
    const remedy = 'Give the model that it steers as `base`: it learned along, and its weights are replaced';
    throw new CheckpointError(what, `"base.${first}" and others of a base`, 'a controller alone', remedy);
  }
  const store = new ParameterStore(device, trainable);
  let model: C | undefined;
  const dispose = (): void => {
    model?.dispose?.();
    store.dispose();
  };
  try {
    model = declare(store);
    store.finish(seed);
    const codes = codesOf(parts, model.config.latent, what);
    const report = loadWeights(store, parts.own, { ...options, what });
    if (base && parts.base.size > 0) loadWeights(base.store, parts.base, { what });
    return { model, store, ...(codes && { codes }), report, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** The encoder's first layer in PyTorch, where it is one; ours has what varies with the step apart from the rest. */
const WHOLE = 'enc.0.weight';

/** Parts the encoder's first layer where it is whole: [encoder, width + history + embedding] by columns. */
function inOurParts(weights: Weights, { encoder, width, history, embedding }: MetacontrollerConfig, options: LoadOptions): Weights {
  const { rename, what = 'metacontroller' } = options;
  const { tensors } = tensorsOfWeights(weights, what);
  const own = rename ? renamed(tensors, rename, what) : tensors;
  const whole = own.get(WHOLE);
  if (!whole) return own;
  const columns = width + history + embedding;
  if (whole.shape.length !== 2 || whole.shape[0] !== encoder || whole.shape[1] !== columns) {
    const remedy = 'Load it into a metacontroller of the sizes it was saved from';
    throw new CheckpointError(what, `tensor "${WHOLE}" of shape [${whole.shape}]`, `[${encoder},${columns}]`, remedy);
  }
  const values = weightsOf(whole, `tensor "${WHOLE}"`, what);
  const part = (from: number, to: number): NamedNumbers => {
    const data = new Float32Array(encoder * (to - from));
    for (let row = 0; row < encoder; row++) data.set(values.subarray(row * columns + from, row * columns + to), row * (to - from));
    return { shape: [encoder, to - from], data };
  };
  const split = new Map(own);
  split.delete(WHOLE);
  return split.set('enc.0.step.weight', part(0, width + history)).set('enc.0.sequence.weight', part(width + history, columns));
}

/** What a metacontroller is made of: its sizes, and what it steers. */
export interface MetacontrollerPlan extends ControllerPlan {
  /** `metacontrollerConfig` makes it of a run's settings. */
  readonly config: MetacontrollerConfig;
}

/** @throws ArgumentError where there is no config; CoxswainError `bad-config` for a size that is missing or wrong. */
function checkPlan({ config }: MetacontrollerPlan): void {
  if (typeof config !== 'object' || config === null)
    throw new ArgumentError('loadMetacontroller', `the config ${String(config)}`, '`config`: the sizes of the metacontroller');
  checkMetacontrollerConfig(config);
}

/**
 * A trained metacontroller with weights that are in memory already. The encoder's first layer may be one matrix
 * (`enc.0.weight`), as it is in PyTorch.
 * @throws as `loadMetacontroller`.
 */
export function restoreMetacontroller(
  device: Device,
  { config, weights, rename, ...plan }: MetacontrollerPlan & LoadOptions & { readonly weights: Weights },
): LoadedController {
  checkPlan({ config });
  const { what = 'metacontroller' } = plan;
  const ours = inOurParts(weights, config, { rename, what });
  return restoreController(device, (store) => new Metacontroller(store, config), { ...plan, what, weights: ours });
}

/**
 * A trained metacontroller, frozen where nothing else is said, with the statistics of its codes where the file has
 * them. Weights, progress, renames and partial loads are as `loadModel` of `@coxswain/transformer` has them.
 * @throws CoxswainError naming what is missing in the plan; DownloadError for what cannot be fetched; CheckpointError
 * for a tensor that is missing, unknown or of another shape; NotFiniteError for a weight that is NaN or infinite.
 */
export async function loadMetacontroller(
  device: Device,
  plan: MetacontrollerPlan & LoadOptions & WeightsSource,
): Promise<LoadedController> {
  checkPlan(plan);
  return restoreMetacontroller(device, { ...plan, ...(await fetchWeights(plan)) });
}
