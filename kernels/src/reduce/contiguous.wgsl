// Reduces the last axis of x [outer, axis] to `parts` values for GPUs: a workgroup takes one part of one row, every parts-th stretch of WORKGROUP
// elements; its subgroups join their lanes, and the first lane joins the subgroups.
// Prelude: WORKGROUP (invocations), OPERATION, ROOT, ACCUMULATE as in reduce.wgsl.
enable subgroups;
import fragments::launch;

const SUM_OF_SQUARES = 1u;

// Subgroups have four lanes at least.
var<workgroup> joined: array<f32, WORKGROUP / 4u>;

@compute @workgroup_size(WORKGROUP)
fn main(
  launch: Launch,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(num_subgroups) subgroups: u32,
  @builtin(subgroup_invocation_id) place: u32,
) {
  let item = groupOf(launch);
  // The grid may be folded past the last item; a workgroup leaves as a whole.
  if (item >= uniforms.outer * uniforms.parts) {
    return;
  }
  let row = item / uniforms.parts;
  let part = item % uniforms.parts;
  var total = 0.0;
  for (var i = part * WORKGROUP + lane; i < uniforms.axis; i += uniforms.parts * WORKGROUP) {
    let value = x[row * uniforms.axis + i];
    total += select(value, value * value, OPERATION == SUM_OF_SQUARES);
  }
  total = subgroupAdd(total);
  if (place == 0u) {
    joined[subgroup] = total;
  }
  workgroupBarrier();
  if (lane == 0u) {
    for (var i = 1u; i < subgroups; i++) {
      total += joined[i];
    }
    var result = uniforms.scale * total;
    if (ROOT) {
      result = sqrt(result);
    }
    if (ACCUMULATE) {
      result += out[item];
    }
    out[item] = result;
  }
}
