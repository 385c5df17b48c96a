// Into the rank-sized bottleneck and out of it again: u as contract.wgsl makes it, then q[n, j·rank + ρ] = c[n, j] u[n, ρ]. Given dQ in place
// of p it makes du and dP. Prelude: WORKGROUP (invocations per workgroup), as contraction.wgsl.
import fragments::{index, contraction};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.rows * ranks(); i += step) {
    let sum = contracted(i);
    u[i] = sum;
    let n = i / ranks();
    var at = firstTerm(i);
    for (var j = n * columns(); j < (n + 1) * columns(); j++) {
      q[at] = c[j] * sum;
      at += ranks();
    }
    if (APPENDED) {
      q[at] = sum;
    }
  }
}
