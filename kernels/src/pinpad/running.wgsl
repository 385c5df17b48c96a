// Lists the episodes of gridworld-pinpad that are not over, in order, so that a step costs what runs: row i acts for episode[i], the
// rows behind the last one for none (0xffffffff). One workgroup; each invocation counts and then lists a stretch of the episodes.
// Prelude: WORKGROUP (invocations of the workgroup).
// `place` gets where row i's results of this step go in arrays [episodes, horizon], past their end where there is none. `counts` gets,
// at the time step in `clock`, the number of episodes that run, also where it is above the number of rows. `owner` gets the episode's number
// in the whole batch, of which those here are the ones from `offset` on.

const OVER: u32 = 3u;
const NONE: u32 = 0xffffffffu;

var<workgroup> shares: array<u32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32) {
  let share = (uniforms.episodes + WORKGROUP - 1u) / WORKGROUP;
  let first = lane * share;
  let end = min(first + share, uniforms.episodes);
  var count = 0u;
  for (var n = first; n < end; n++) {
    count += select(0u, 1u, (agents[n].w & OVER) == 0u);
  }
  shares[lane] = count;
  workgroupBarrier();
  var row = 0u;
  var total = 0u;
  for (var other = 0u; other < WORKGROUP; other++) {
    row += select(0u, shares[other], other < lane);
    total += shares[other];
  }
  for (var n = first; n < end; n++) {
    let agent = agents[n];
    if ((agent.w & OVER) == 0u) {
      if (row < uniforms.rows) {
        episode[row] = n;
        owner[row] = uniforms.offset + n;
        place[row] = n * uniforms.horizon + agent.y;
      }
      row++;
    }
  }
  for (var empty = total + lane; empty < uniforms.rows; empty += WORKGROUP) {
    episode[empty] = NONE;
    owner[empty] = NONE;
    place[empty] = NONE;
  }
  if (lane == 0u) {
    counts[clock[0]] = total;
  }
}
