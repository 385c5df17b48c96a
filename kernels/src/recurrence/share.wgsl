// Weights that all lanes of a workgroup want are read by one each and handed round: on a software adapter a storage access costs as much for one
// value that all lanes want as for one value per lane.
enable subgroups;

struct Sharing {
  @builtin(subgroup_invocation_id) lane: u32,
}

/** `weightsOf(base, place)`, which the lane of that number has read. */
fn handed(mine: Value, lane: u32, base: u32, place: u32) -> Value {
  return subgroupShuffle(mine, lane);
}
