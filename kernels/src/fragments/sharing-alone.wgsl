// A row of numbers is one invocation's: rows are short and many. Prelude: WORKGROUP (invocations per workgroup).
import fragments::index;

const COLUMN_STEP: u32 = 1u;

fn firstRow(launch: Launch, lane: u32) -> u32 {
  return indexOf(launch, lane);
}

fn rowStep(launch: Launch) -> u32 {
  return invocations(launch);
}

fn firstColumn(lane: u32) -> u32 {
  return 0u;
}

fn sumOfRow(value: f32, lane: u32) -> f32 {
  return value;
}

fn maximumOfRow(value: f32, lane: u32) -> f32 {
  return value;
}
