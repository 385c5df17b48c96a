// c = Σ parts, or c += Σ parts: parts of `whole` elements each, added in order over their first `count`; the `rows` sums in them from `sumsAt`
// on are added to `sums`. One invocation an element.
// Prelude: WORKGROUP (invocations per workgroup), ACCUMULATE (bool).

struct Uniforms {
  count: u32,
  rows: u32,
  parts: u32,
  whole: u32,
  sumsAt: u32,
}

@group(0) @binding(0) var<storage, read> parts: array<f32>;
@group(0) @binding(1) var<storage, read_write> c: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;
@group(0) @binding(3) var<uniform> uniforms: Uniforms;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let stride = groups.x * groups.y * WORKGROUP;
  for (var i = (group.y * groups.x + group.x) * WORKGROUP + lane; i < uniforms.count + uniforms.rows; i += stride) {
    let isSum = i >= uniforms.count;
    let at = select(i, uniforms.sumsAt + i - uniforms.count, isSum);
    var sum = 0.0;
    for (var part = 0u; part < uniforms.parts; part++) {
      sum += parts[part * uniforms.whole + at];
    }
    if (isSum) {
      sums[i - uniforms.count] += sum;
      continue;
    }
    if (ACCUMULATE) {
      sum += c[i];
    }
    c[i] = sum;
  }
}
