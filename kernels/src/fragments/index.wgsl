// Numbers of invocations in a folded grid. Prelude: WORKGROUP (invocations per workgroup).
import fragments::launch;

/** The invocation's number. */
fn indexOf(launch: Launch, lane: u32) -> u32 {
  return groupOf(launch) * WORKGROUP + lane;
}

/** Invocations of the whole grid: the stride of those that loop. */
fn invocations(launch: Launch) -> u32 {
  return groupCount(launch) * WORKGROUP;
}
