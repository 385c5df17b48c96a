// In place of share.wgsl where there are no subgroups of eight: every lane reads what it wants.
struct Sharing {
  @builtin(local_invocation_index) lane: u32,
}

fn meet(mine: Value, base: u32, place: u32, state: array<Tile, EIGHT>) -> vec4<f32> {
  var tiles = state;
  var sum = vec4<f32>();
  for (var lane = 0u; lane < EIGHT; lane++) {
    sum += times(weightsOf(base, place + lane), tiles[lane]);
  }
  return sum;
}
