/** Loading weights into the parameters of a model: all of them, or those that are there. */
import { ArgumentError, CheckpointError } from '../errors.js';
import { requireFiniteNumbers } from '../finite.js';
import type { ParameterStore } from '../parameters.js';
import { readSafetensors, type SafeTensors } from '../safetensors/index.js';
import { addressOf, type Download, downloadBytes } from './download.js';
import { type NamedWeights, type Renames, renamed } from './rename.js';

/** Weights in memory: the bytes of a safetensors file, what `readSafetensors` makes of them, or named numbers. */
export type Weights = Uint8Array | SafeTensors | NamedWeights;

/** Where weights are: in memory, or at an address. */
export type WeightsSource = { readonly weights: Weights; readonly url?: undefined } | (Download & { readonly weights?: undefined });

export interface LoadOptions {
  /** Names of the file's tensors as those of the parameters, where they differ. */
  readonly rename?: Renames | undefined;
  /**
   * Strict when absent: every parameter has a tensor and every tensor a parameter. `true` loads what is there and keeps
   * the other parameters as they are; a function says which parameters are to be loaded, and these have to be there.
   */
  readonly partial?: boolean | ((parameter: string) => boolean) | undefined;
  /** What errors call the weights. */
  readonly what?: string | undefined;
}

/** What came of it. */
export interface LoadReport {
  /** Parameters that were loaded. */
  readonly loaded: readonly string[];
  /** Parameters that kept their values. */
  readonly kept: readonly string[];
  /** Tensors that belong to no parameter that was to be loaded. */
  readonly unused: readonly string[];
}

const isTensors = (weights: Weights): weights is SafeTensors => 'tensors' in weights;

/**
 * Weights in memory as tensors by name, and the text of their header.
 * @throws CheckpointError like `readSafetensors`; ArgumentError for what are no weights.
 */
export function tensorsOfWeights(weights: Weights, what = 'weights'): { tensors: NamedWeights; metadata: SafeTensors['metadata'] } {
  if (weights instanceof Uint8Array) return readSafetensors(weights, what);
  if (weights instanceof Map) return { tensors: weights, metadata: {} };
  if (typeof weights === 'object' && weights !== null && isTensors(weights)) return weights;
  const expected = 'bytes of a safetensors file, what readSafetensors gives, or a Map of named numbers';
  throw new ArgumentError('weights', weights === null ? 'null' : `${typeof weights} ${String(weights)}`, expected);
}

/**
 * The weights of a source in memory: fetched where they are at an address.
 * @throws DownloadError for what cannot be fetched; ArgumentError for neither weights nor a url, or both.
 */
export async function fetchWeights(source: WeightsSource & { readonly what?: string | undefined }): Promise<{
  readonly weights: Weights;
  readonly what: string;
}> {
  const { weights, url, what } = source as Partial<Download> & { readonly weights?: Weights; readonly what?: string };
  const expected = '`weights` (bytes, or what readSafetensors gives) or the `url` of a safetensors file';
  if (weights !== undefined && url !== undefined) throw new ArgumentError('load', 'both weights and a url', `one of them: ${expected}`);
  if (weights !== undefined) return { weights, what: what ?? 'weights' };
  if (url === undefined) throw new ArgumentError('load', 'neither weights nor a url', expected);
  return { weights: await downloadBytes(source as Download), what: what ?? addressOf(url) };
}

/** What is to be loaded into which parameters. */
function chosen(store: ParameterStore, tensors: NamedWeights, { partial = false }: LoadOptions, what: string): LoadReport {
  const wanted = (name: string): boolean => (typeof partial === 'function' ? partial(name) : partial === false || tensors.has(name));
  const { names } = store;
  const loaded = names.filter(wanted);
  const own = new Set(loaded);
  if (partial !== false && loaded.length === 0)
    throw new CheckpointError(
      what,
      `none of its tensors (${[...tensors.keys()].join(', ')})`,
      `one at least of ${names.join(', ')}`,
      'Say with `rename` what its tensors are here',
    );
  return { loaded, kept: names.filter((name) => !own.has(name)), unused: [...tensors.keys()].filter((name) => !own.has(name)) };
}

/**
 * Loads weights into the parameters of a store, all or nothing.
 * @throws CheckpointError naming the tensor that is missing, unknown or of another shape; NotFiniteError for a number
 * that is NaN or infinite. The parameters are then as they were.
 */
export function loadWeights(store: ParameterStore, weights: Weights, options: LoadOptions = {}): LoadReport {
  const { rename, partial = false, what = 'weights' } = options;
  const { tensors } = tensorsOfWeights(weights, what);
  const named = rename ? renamed(tensors, rename, what) : tensors;
  const report = chosen(store, named, options, what);
  const values = store.fit(named, what, partial === false ? undefined : report.loaded);
  const numbers = [...values].map(([name, data]) => [name, { data }] as const);
  requireFiniteNumbers(numbers, { how: `in ${what}`, remedy: 'Restore the file from a copy, or train it anew' });
  store.assign(values);
  return report;
}
