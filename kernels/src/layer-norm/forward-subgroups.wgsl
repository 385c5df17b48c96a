// Layer normalisation where a workgroup is one subgroup whose lanes share a row: lane l holds the Values l, l + LANES, … of
// it and of gamma and beta, so that every element is read once and written once. A workgroup walks over many rows.
// Prelude: LANES (subgroup size), Value (vec4<f32> or vec2<f32>), VECTORS (Values of a row per lane), AFFINE (gamma and beta
// are given).
enable subgroups;
import fragments::{launch, squares};

@compute @workgroup_size(LANES)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  var scale: array<Value, VECTORS>;
  var offset: array<Value, VECTORS>;
  if (AFFINE) {
    for (var i = 0u; i < VECTORS; i++) {
      scale[i] = gamma[i * LANES + lane];
      offset[i] = beta[i * LANES + lane];
    }
  }
  let width = f32(uniforms.width);
  for (var row = launch.group.x; row < uniforms.rows; row += launch.groups.x) {
    let at = row * LANES * VECTORS + lane;
    var v: array<Value, VECTORS>;
    var sum = Value();
    for (var i = 0u; i < VECTORS; i++) {
      v[i] = x[at + i * LANES];
      sum += v[i];
    }
    let mean = subgroupAdd(dot(sum, Value(1.0))) / width;
    var squares = 0.0;
    for (var i = 0u; i < VECTORS; i++) {
      v[i] -= mean;
      squares += dot(v[i], v[i]);
    }
    let total = subgroupAdd(squares);
    var rstd = inverseSqrt(total / width + uniforms.eps);
    // All lanes have the same total.
    if (total > LARGE_SQUARES) @diagnostic(off, subgroup_uniformity) {
      var shrunk = 0.0;
      for (var i = 0u; i < VECTORS; i++) {
        shrunk += dot(v[i] * SHRINK, v[i] * SHRINK);
      }
      rstd = inverseSqrt(subgroupAdd(shrunk) / width) * SHRINK;
    }
    for (var i = 0u; i < VECTORS; i++) {
      var value = v[i] * rstd;
      if (AFFINE) {
        value = value * scale[i] + offset[i];
      }
      y[at + i * LANES] = value;
    }
    if (lane < 2u) {
      stats[2u * row + lane] = select(mean, rstd, lane == 1u);
    }
  }
}
