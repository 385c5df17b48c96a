// Negative log-likelihood of one class per row: nll[row] = log Σ exp(logits[row, :]) − logits[row, target[row]].
// A target that is no class (such as −1, padding) gives 0.
// Prelude: WORKGROUP (invocations per workgroup).

struct Uniforms {
  rows: u32,
  classes: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> targets: array<i32>;
@group(0) @binding(2) var<storage, read_write> nll: array<f32>;
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let step = groups.x * groups.y * WORKGROUP;
  for (var row = (group.y * groups.x + group.x) * WORKGROUP + lane; row < uniforms.rows; row += step) {
    let wanted = targets[row];
    if (wanted < 0 || wanted >= i32(uniforms.classes)) {
      nll[row] = 0.0;
      continue;
    }
    let at = row * uniforms.classes;
    var highest = logits[at];
    for (var k = 1u; k < uniforms.classes; k++) {
      highest = max(highest, logits[at + k]);
    }
    var total = 0.0;
    for (var k = 0u; k < uniforms.classes; k++) {
      total += exp(max(logits[at + k] - highest, -87.0));
    }
    // The difference first: both may be large.
    nll[row] = log(total) + (highest - logits[at + u32(wanted)]);
  }
}
