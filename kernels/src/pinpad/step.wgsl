// One step of running episodes of gridworld-pinpad. Row i acts for episode[i]; a row of an episode past the end rests. A move into a
// wall or the edge stays. A coloured cell is visited when it is entered from another cell; a colour out of order ends the episode,
// the last one of the task with success, the horizon in any case.
// Prelude: WORKGROUP (invocations per workgroup), CELLS (size²), COLOURS, TASKS (0: there is no task).
// `tasks` has where each begins in it and, behind the last of these, where it ends; then the colours. An agent is (cell, steps taken,
// progress, flags): TERMINATED, TRUNCATED, SUCCESS, the colour visited by the last step plus one in bits 8 to 15, the task above.
// `taken` [episodes, horizon] gets the move.
import fragments::{index, moves};

const TERMINATED: u32 = 1u;
const TRUNCATED: u32 = 2u;
const SUCCESS: u32 = 4u;
const WALL: u32 = COLOURS + 1u;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let stride = invocations(launch);
  for (var row = indexOf(launch, lane); row < uniforms.rows; row += stride) {
    let n = episode[row];
    if (n >= uniforms.episodes) {
      continue;
    }
    var agent = agents[n];
    let task = agent.w >> 16u;
    var flags = agent.w & (TERMINATED | TRUNCATED | SUCCESS);
    if ((flags & (TERMINATED | TRUNCATED)) == 0u) {
      let heading = u32(action[row]);
      taken[n * uniforms.horizon + agent.y] = i32(heading);
      let ahead = neighbour(agent.x, heading);
      let to = select(ahead, agent.x, grids[n * CELLS + ahead] == WALL);
      let content = grids[n * CELLS + to];
      agent.y++;
      if (to != agent.x && content > 0u) {
        flags |= content << 8u;
        if (TASKS > 0u) {
          let begin = tasks[task];
          let end = tasks[task + 1u];
          if (tasks[begin + agent.z] != content - 1u) {
            flags |= TERMINATED;
          } else {
            agent.z++;
            if (begin + agent.z == end) {
              flags |= TERMINATED | SUCCESS;
            }
          }
        }
      }
      agent.x = to;
      if ((flags & TERMINATED) == 0u && agent.y >= uniforms.horizon) {
        flags |= TRUNCATED;
      }
    }
    agents[n] = vec4<u32>(agent.xyz, flags | (task << 16u));
  }
}
