// Reduces the last axis of x [outer, axis] to `parts` values for GPUs: a workgroup takes one part of one row, every parts-th stretch of WORKGROUP
// elements; its subgroups join their lanes, and the first lane joins the subgroups.
// Prelude: WORKGROUP (invocations), OPERATION, ROOT, ACCUMULATE as in reduce.wgsl.
enable subgroups;
import fragments::launch;

const MAXIMUM = 1u;
const SUM_OF_SQUARES = 2u;

const LOWEST = -3.4028234e38;

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
  var total = select(0.0, LOWEST, OPERATION == MAXIMUM);
  for (var i = part * WORKGROUP + lane; i < uniforms.axis; i += uniforms.parts * WORKGROUP) {
    let value = x[row * uniforms.axis + i];
    switch (OPERATION) {
      case SUM_OF_SQUARES: { total += value * value; }
      case MAXIMUM: { total = max(total, value); }
      default: { total += value; }
    }
  }
  if (OPERATION == MAXIMUM) {
    total = subgroupMax(total);
  } else {
    total = subgroupAdd(total);
  }
  if (place == 0u) {
    joined[subgroup] = total;
  }
  workgroupBarrier();
  if (lane == 0u) {
    for (var i = 1u; i < subgroups; i++) {
      total = select(total + joined[i], max(total, joined[i]), OPERATION == MAXIMUM);
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
