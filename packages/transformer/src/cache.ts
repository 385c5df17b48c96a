import { attentionStep, type Device, type Tensor } from '@coxswain/tensor';

/** Keys and values of earlier steps, per block, for the one-step form of a transformer. */
export interface Cache {
  /** Per block [rows, maxTime, width]. */
  readonly keys: readonly Tensor[];
  readonly values: readonly Tensor[];
  /** u32 [1]: the time step that comes next. The host writes it, or `advance`. */
  readonly step: Tensor;
  /** u32 [batch]: the cache row of each sequence, where they are not in order; 0xffffffff for a sequence to leave out. */
  readonly row?: Tensor;
}

/** An empty cache for `rows` sequences of at most `maxTime` steps. */
export function createCache(device: Device, size: { rows: number; maxTime: number; width: number; depth: number }): Cache {
  const make = (): Tensor[] => Array.from({ length: size.depth }, () => device.zeros([size.rows, size.maxTime, size.width]));
  return { keys: make(), values: make(), step: device.tensor(new Uint32Array(1)) };
}

export function disposeCache(cache: Cache): void {
  for (const tensor of [...cache.keys, ...cache.values, cache.step]) tensor.dispose();
}

/** Attention of one step in block `layer`: appends this step's key and value to the cache and attends over all so far, or the window. */
export function stepAttention(
  qkv: Tensor,
  cache: Cache,
  layer: number,
  options: { biasTable: Tensor; bucketOfDistance: Tensor; heads: number; window?: number },
): Tensor {
  return attentionStep(qkv, {
    keys: cache.keys[layer],
    values: cache.values[layer],
    step: cache.step,
    ...(cache.row ? { cacheRow: cache.row } : {}),
    ...options,
  });
}
