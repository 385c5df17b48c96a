// The bias of every head at every distance, [heads, distances], from a table by buckets.
// Prelude: WORKGROUP (invocations per workgroup).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let items = uniforms.heads * uniforms.distances;
  for (var i = indexOf(launch, lane); i < items; i += invocations(launch)) {
    bias[i] = biasTable[bucketOfDistance[i % uniforms.distances] * uniforms.heads + i / uniforms.distances];
  }
}
