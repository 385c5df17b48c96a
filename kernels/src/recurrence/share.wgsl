// Weights that all lanes of a workgroup want are read by one each and handed round: on a software adapter a storage access costs as much for one
// value that all lanes want as for one value per lane.
enable subgroups;

struct Sharing {
  @builtin(subgroup_invocation_id) lane: u32,
}

/** The weights at `at`, which the lane of that number has read. */
fn handed(mine: Value, lane: u32, at: u32, inside: bool) -> Value {
  return subgroupShuffle(mine, lane);
}
