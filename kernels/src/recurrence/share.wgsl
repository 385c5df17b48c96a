// Weights that all lanes of a workgroup want are read by one each and handed round: on a software adapter a storage access costs as much for one
// value that all lanes want as for one value per lane.
enable subgroups;

struct Sharing {
  @builtin(subgroup_invocation_id) lane: u32,
}

/** Σ of what eight lanes' weights, those of `weightsOf(base, place + lane)`, come to. Lanes are constants: a shuffle by a variable takes 3 times as long. */
fn meet(mine: Value, base: u32, place: u32, state: array<Tile, EIGHT>) -> vec4<f32> {
  var sum = times(subgroupBroadcast(mine, 0u), state[0]);
  sum += times(subgroupBroadcast(mine, 1u), state[1]);
  sum += times(subgroupBroadcast(mine, 2u), state[2]);
  sum += times(subgroupBroadcast(mine, 3u), state[3]);
  sum += times(subgroupBroadcast(mine, 4u), state[4]);
  sum += times(subgroupBroadcast(mine, 5u), state[5]);
  sum += times(subgroupBroadcast(mine, 6u), state[6]);
  sum += times(subgroupBroadcast(mine, 7u), state[7]);
  return sum;
}
