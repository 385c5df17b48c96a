// Copies a block of up to four axes between two strided layouts: slices, concatenation, broadcasts and transposes.
//   out[outOffset + Σ i_k · o_k] = x[xOffset + Σ i_k · x_k]
// Elements are copied as bits, whatever their type.
// Prelude: WORKGROUP (invocations per workgroup), ROWS (rows one invocation walks through), ACCUMULATE (add f32 to `out`).
//
// As in elementwise/binary.wgsl an invocation divides once and then counts its rows up.

struct Uniforms {
  n0: u32,
  n1: u32,
  n2: u32,
  n3: u32,
  x0: u32,
  x1: u32,
  x2: u32,
  x3: u32,
  o0: u32,
  o1: u32,
  o2: u32,
  o3: u32,
  xOffset: u32,
  outOffset: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(0) @binding(2) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let piece = group.y * groups.x + group.x;
  let pieces = (uniforms.n3 + WORKGROUP - 1u) / WORKGROUP;
  let column = (piece % pieces) * WORKGROUP + lane;
  let first = (piece / pieces) * ROWS;
  let rows = uniforms.n0 * uniforms.n1 * uniforms.n2;
  if (column >= uniforms.n3 || first >= rows) {
    return;
  }
  var i2 = first % uniforms.n2;
  var i1 = (first / uniforms.n2) % uniforms.n1;
  var i0 = first / (uniforms.n2 * uniforms.n1);
  let last = min(first + ROWS, rows);
  let xColumn = uniforms.xOffset + column * uniforms.x3;
  let outColumn = uniforms.outOffset + column * uniforms.o3;
  for (var row = first; row < last; row++) {
    let value = x[xColumn + i0 * uniforms.x0 + i1 * uniforms.x1 + i2 * uniforms.x2];
    let at = outColumn + i0 * uniforms.o0 + i1 * uniforms.o1 + i2 * uniforms.o2;
    if (ACCUMULATE) {
      out[at] = bitcast<u32>(bitcast<f32>(out[at]) + bitcast<f32>(value));
    } else {
      out[at] = value;
    }
    i2++;
    if (i2 == uniforms.n2) {
      i2 = 0u;
      i1++;
      if (i1 == uniforms.n1) {
        i1 = 0u;
        i0++;
      }
    }
  }
}
