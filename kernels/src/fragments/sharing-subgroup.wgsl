// The lanes of a workgroup that is one subgroup share a row, neighbours side by side; no barrier is needed.
// Prelude: WORKGROUP (invocations per workgroup, which is the subgroup's size).
enable subgroups;
import fragments::launch;

const COLUMN_STEP: u32 = WORKGROUP;

fn firstRow(launch: Launch, lane: u32) -> u32 {
  return groupOf(launch);
}

fn rowStep(launch: Launch) -> u32 {
  return groupCount(launch);
}

fn firstColumn(lane: u32) -> u32 {
  return lane;
}

fn sumOfRow(value: f32, lane: u32) -> f32 {
  return subgroupAdd(value);
}

fn maximumOfRow(value: f32, lane: u32) -> f32 {
  return subgroupMax(value);
}
