// Adds up the parts that backward-subgroups.wgsl left, in order: dgamma += Σ of the even rows, dbeta += Σ of the odd ones.
// One invocation per column.
// Prelude: WORKGROUP (invocations per workgroup).

struct Uniforms {
  parts: u32,
  width: u32,
}

@group(0) @binding(0) var<storage, read> parts: array<f32>;
@group(0) @binding(1) var<storage, read_write> dgamma: array<f32>;
@group(0) @binding(2) var<storage, read_write> dbeta: array<f32>;
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let column = (group.y * groups.x + group.x) * WORKGROUP + lane;
  if (column >= uniforms.width) {
    return;
  }
  var gammaSum = 0.0;
  var betaSum = 0.0;
  for (var part = 0u; part < uniforms.parts; part++) {
    gammaSum += parts[2u * part * uniforms.width + column];
    betaSum += parts[(2u * part + 1u) * uniforms.width + column];
  }
  dgamma[column] += gammaSum;
  dbeta[column] += betaSum;
}
