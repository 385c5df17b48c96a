// u[n, ρ] = Σ_j c[n, j] p[n, j·rank + ρ]. Given dQ in place of p it makes du. Prelude: WORKGROUP (invocations per workgroup), as contraction.wgsl.
import fragments::{index, contraction};

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  for (var i = indexOf(launch, lane); i < uniforms.rows * ranks(); i += invocations(launch)) {
    u[i] = contracted(i);
  }
}
