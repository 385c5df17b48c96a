// Gradients of layer normalisation for its input and, in parts, for gamma and beta; lanes share rows as in
// forward-subgroups.wgsl. With x̂ = (x − mean) · rstd and g = dy · gamma: dx = rstd · (g − mean(g) − x̂ · mean(g · x̂)).
// A workgroup leaves Σ dy · x̂ and Σ dy of the rows it walked over as row 2·group and 2·group + 1 of `parts`.
// Prelude: LANES (subgroup size), Value (vec4<f32> or vec2<f32>), VECTORS (Values of a row per lane), AFFINE (gamma is given
// and parts are wanted), EARLIER (add a gradient that x has from elsewhere).
enable subgroups;
import fragments::launch;

@compute @workgroup_size(LANES)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  var scale: array<Value, VECTORS>;
  var gammaPart: array<Value, VECTORS>;
  var betaPart: array<Value, VECTORS>;
  for (var i = 0u; i < VECTORS; i++) {
    scale[i] = Value(1.0);
    if (AFFINE) {
      scale[i] = gamma[i * LANES + lane];
    }
  }
  let width = f32(uniforms.width);
  for (var row = launch.group.x; row < uniforms.rows; row += launch.groups.x) {
    let at = row * LANES * VECTORS + lane;
    var stat = 0.0;
    if (lane < 2u) {
      stat = stats[2u * row + lane];
    }
    let mean = subgroupBroadcast(stat, 0u);
    let rstd = subgroupBroadcast(stat, 1u);
    var normalised: array<Value, VECTORS>;
    var g: array<Value, VECTORS>;
    var sum = Value();
    var projection = Value();
    for (var i = 0u; i < VECTORS; i++) {
      normalised[i] = (x[at + i * LANES] - mean) * rstd;
      g[i] = dy[at + i * LANES];
      if (AFFINE) {
        gammaPart[i] += g[i] * normalised[i];
        betaPart[i] += g[i];
        g[i] *= scale[i];
      }
      sum += g[i];
      projection += g[i] * normalised[i];
    }
    let meanOfG = subgroupAdd(dot(sum, Value(1.0))) / width;
    let along = subgroupAdd(dot(projection, Value(1.0))) / width;
    for (var i = 0u; i < VECTORS; i++) {
      var value = rstd * (g[i] - meanOfG - normalised[i] * along);
      if (EARLIER) {
        value += earlier[at + i * LANES];
      }
      dx[at + i * LANES] = value;
    }
  }
  if (AFFINE) {
    for (var i = 0u; i < VECTORS; i++) {
      parts[(2u * launch.group.x * VECTORS + i) * LANES + lane] = gammaPart[i];
      parts[((2u * launch.group.x + 1u) * VECTORS + i) * LANES + lane] = betaPart[i];
    }
  }
}
