// Adds up the parts that backward-subgroups.wgsl left, in order: dgamma += Σ of the even rows, dbeta += Σ of the odd ones.
// One invocation per column.
// Prelude: WORKGROUP (invocations per workgroup).
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let column = indexOf(launch, lane);
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
