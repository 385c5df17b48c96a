// Gradient of the negative log-likelihood: dlogits = (softmax(logits) − onehot(target)) · dnll[row], 0 for rows whose
// target is no class. The softmax is computed again: reading the logits twice is cheaper than keeping probabilities.
// Prelude: WORKGROUP (invocations per workgroup).

struct Uniforms {
  rows: u32,
  classes: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> targets: array<i32>;
@group(0) @binding(2) var<storage, read> dnll: array<f32>;
@group(0) @binding(3) var<storage, read_write> dlogits: array<f32>;
@group(0) @binding(4) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let step = groups.x * groups.y * WORKGROUP;
  for (var row = (group.y * groups.x + group.x) * WORKGROUP + lane; row < uniforms.rows; row += step) {
    let at = row * uniforms.classes;
    let wanted = targets[row];
    let inside = wanted >= 0 && wanted < i32(uniforms.classes);
    let upstream = select(0.0, dnll[row], inside);
    var highest = logits[at];
    for (var k = 1u; k < uniforms.classes; k++) {
      highest = max(highest, logits[at + k]);
    }
    var total = 0.0;
    for (var k = 0u; k < uniforms.classes; k++) {
      total += exp(max(logits[at + k] - highest, -87.0));
    }
    for (var k = 0u; k < uniforms.classes; k++) {
      let probability = exp(max(logits[at + k] - highest, -87.0)) / total;
      dlogits[at + k] = upstream * (probability - select(0.0, 1.0, i32(k) == wanted));
    }
  }
}
