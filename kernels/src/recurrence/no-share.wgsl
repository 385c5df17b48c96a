// In place of share.wgsl where there are no subgroups of eight: every lane reads what it wants.
struct Sharing {
  @builtin(local_invocation_index) lane: u32,
}

/** The weights at `at`, or zero outside. */
fn handed(mine: Value, lane: u32, at: u32, inside: bool) -> Value {
  return select(Value(), whh[at], inside);
}
