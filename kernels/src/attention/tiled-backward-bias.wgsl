// Adds the gradient of the bias per distance to the gradient of its table, on GPUs: one workgroup per (head, bucket), whose invocations
// go through sequences of their own, and in each through the distances of the bucket; then their sums are added up in pairs.
// Prelude: WORKGROUP (invocations per workgroup, a power of two).
import fragments::launch;

var<workgroup> sums: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let bucket = launch.group.x;
  let head = launch.group.y;
  let distances = uniforms.distances;
  var nearest = distances;
  var end = 0u;
  for (var distance = 0u; distance < distances; distance++) {
    if (bucketOfDistance[distance] == bucket) {
      nearest = min(nearest, distance);
      end = distance + 1u;
    }
  }
  var sum = 0.0;
  for (var sequence = lane; sequence < uniforms.batch; sequence += WORKGROUP) {
    for (var distance = nearest; distance < end; distance++) {
      let value = dBias[(sequence * uniforms.heads + head) * distances + distance];
      sum += select(0.0, value, bucketOfDistance[distance] == bucket);
    }
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    if (lane < half) {
      sums[lane] += sums[lane + half];
    }
    workgroupBarrier();
  }
  if (lane == 0u) {
    dBiasTable[bucket * uniforms.heads + head] += sums[0];
  }
}
