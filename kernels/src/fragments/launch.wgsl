// Where a workgroup stands. Grids are folded: what is longer than an axis may be goes on in the next row of it (`linearGrid`).
struct Launch {
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
}

/** The workgroup's number in the folded grid. */
fn groupOf(launch: Launch) -> u32 {
  return launch.group.y * launch.groups.x + launch.group.x;
}

/** Workgroups of the folded grid. */
fn groupCount(launch: Launch) -> u32 {
  return launch.groups.x * launch.groups.y;
}
