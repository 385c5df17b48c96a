/**
 * The relative-position bucket of every distance `query − key` from 0 to `time − 1`, as T5 defines them for causal
 * attention (Raffel et al., https://arxiv.org/abs/1910.10683, `_relative_position_bucket`): the first half of the
 * buckets hold one distance each, the second half grow logarithmically up to `maxDistance`, the last holds the rest.
 * @param time distances wanted. @param buckets even and at least 2.
 * @returns `[time]`, computed in float64, truncated as PyTorch's `.long()` truncates.
 */
export function t5Buckets(time: number, buckets = 32, maxDistance = 128): Uint32Array {
  const exact = Math.floor(buckets / 2);
  if (exact < 1 || maxDistance <= exact) throw new RangeError(`t5Buckets: ${buckets} buckets cannot span a distance of ${maxDistance}`);
  return Uint32Array.from({ length: time }, (_, distance) => {
    if (distance < exact) return distance;
    const grown = Math.trunc((Math.log(distance / exact) / Math.log(maxDistance / exact)) * (buckets - exact));
    return Math.min(exact + grown, buckets - 1);
  });
}

/**
 * The bucket of every signed distance `query − key` from `−(keys − 1)` to `queries − 1`, as T5 defines them for
 * attention in both directions: keys after the query take the upper half of the buckets, each half as in `t5Buckets`.
 * @param buckets a multiple of 4. @returns `[queries + keys − 1]`.
 */
export function t5SignedBuckets(queries: number, keys: number, buckets = 32, maxDistance = 128): Uint32Array {
  const half = buckets / 2;
  const magnitudes = t5Buckets(Math.max(queries, keys), half, maxDistance);
  return Uint32Array.from({ length: queries + keys - 1 }, (_, place) => {
    const distance = place - (keys - 1);
    return magnitudes[Math.abs(distance)] + (distance < 0 ? half : 0);
  });
}
