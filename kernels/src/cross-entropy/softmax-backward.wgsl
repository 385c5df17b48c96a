// Gradient of softmax or log-softmax from its output y [rows, classes]:
//   softmax:     dx = y · (dout − Σ y·dout)
//   log-softmax: dx = dout − exp(y) · Σ dout
// Prelude: WORKGROUP (invocations per workgroup), LOGARITHM (y holds log-probabilities).

struct Uniforms {
  rows: u32,
  classes: u32,
}

@group(0) @binding(0) var<storage, read> y: array<f32>;
@group(0) @binding(1) var<storage, read> dout: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let step = groups.x * groups.y * WORKGROUP;
  for (var row = (group.y * groups.x + group.x) * WORKGROUP + lane; row < uniforms.rows; row += step) {
    let at = row * uniforms.classes;
    var total = 0.0;
    for (var k = 0u; k < uniforms.classes; k++) {
      if (LOGARITHM) {
        total += dout[at + k];
      } else {
        total += y[at + k] * dout[at + k];
      }
    }
    for (var k = 0u; k < uniforms.classes; k++) {
      if (LOGARITHM) {
        dx[at + k] = dout[at + k] - exp(max(y[at + k], -87.0)) * total;
      } else {
        dx[at + k] = y[at + k] * (dout[at + k] - total);
      }
    }
  }
}
