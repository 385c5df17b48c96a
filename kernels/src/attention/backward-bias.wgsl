// Adds the gradient of the bias per distance to the gradient of its table: one invocation per (head, bucket), going through
// the sequences, and in each through the distances of the bucket, in order.
// Prelude: WORKGROUP (invocations per workgroup).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let index = indexOf(launch, lane);
  if (index >= uniforms.heads * uniforms.buckets) {
    return;
  }
  let head = index / uniforms.buckets;
  let bucket = index % uniforms.buckets;
  var nearest = uniforms.distances;
  var end = 0u;
  for (var distance = 0u; distance < uniforms.distances; distance++) {
    if (bucketOfDistance[distance] == bucket) {
      nearest = min(nearest, distance);
      end = distance + 1u;
    }
  }
  var sum = 0.0;
  for (var sequence = 0u; sequence < uniforms.batch; sequence++) {
    var part = 0.0;
    for (var distance = nearest; distance < end; distance++) {
      let value = dBias[(sequence * uniforms.heads + head) * uniforms.distances + distance];
      part += select(0.0, value, bucketOfDistance[distance] == bucket);
    }
    sum += part;
  }
  dBiasTable[bucket * uniforms.heads + head] += sum;
}
