// The invocations of a workgroup share a row, neighbours side by side, and join what they found by a tree in workgroup memory.
// Prelude: WORKGROUP (invocations per workgroup, a power of 2).
import fragments::launch;

const COLUMN_STEP: u32 = WORKGROUP;

var<workgroup> joined: array<f32, WORKGROUP>;

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
  joined[lane] = value;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      joined[lane] += joined[lane + half];
    }
  }
  workgroupBarrier();
  let result = joined[0];
  workgroupBarrier();
  return result;
}

fn maximumOfRow(value: f32, lane: u32) -> f32 {
  joined[lane] = value;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      joined[lane] = max(joined[lane], joined[lane + half]);
    }
  }
  workgroupBarrier();
  let result = joined[0];
  workgroupBarrier();
  return result;
}
