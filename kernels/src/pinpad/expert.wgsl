// Episodes of gridworld-pinpad as the expert plays them: at every step a move that begins a shortest path to the next colour of the
// task, each of them as likely, or with probability ε one of those that enter no coloured cell. One invocation an episode. Random
// numbers are Philox 4×32-10 with the counter (block, stream, episode low, episode high), two words a step.
// Prelude: WORKGROUP (invocations per workgroup), CELLS (size²), COLOURS.
// `random` is (key low, key high, first episode low, first episode high); `tasks` has where each begins in it and, behind the last of
// these, where it ends, then the colours; `paths` is what paths.wgsl writes. track[episode, t] for t = 0 … horizon is the cell, plus the
// move in bits 16 and 17 and the colour under way above; from the end on the last cell and zeros. outcome[episode] is the number of steps,
// plus FINISHED where the task was done in time.
// noise: ε · 2³², rounded up, where that is below 2³².
// always: 1: ε is 1.
import fragments::{index, words, moves};

const EXPERT_STREAM: u32 = 2u;
const FINISHED: u32 = 0x80000000u;
const WALL: u32 = COLOURS + 1u;

fn quiet(n: u32, cell: u32) -> u32 {
  var moves = 0u;
  for (var heading = 0u; heading < 4u; heading++) {
    let next = neighbour(cell, heading);
    let content = grids[n * CELLS + next];
    if (next == cell || content == 0u || content == WALL) {
      moves |= 1u << heading;
    }
  }
  return moves;
}

// The move of a set (bit `a` for move `a`) that has so many before it.
fn member(moves: u32, before: u32) -> u32 {
  var left = moves;
  for (var i = 0u; i < before; i++) {
    left &= left - 1u;
  }
  return countTrailingZeros(left);
}

fn choose(n: u32, cell: u32, goal: u32) -> u32 {
  var moves = paths[(n * COLOURS + goal) * CELLS + cell] & 15u;
  let first = word();
  if (first < uniforms.noise || uniforms.always == 1u) {
    let silent = quiet(n, cell);
    moves = select(silent, moves, silent == 0u);
  }
  return member(moves, below(countOneBits(moves)));
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let stride = invocations(launch);
  for (var n = indexOf(launch, lane); n < uniforms.episodes; n += stride) {
    seek(EXPERT_STREAM, episodeOf(n));
    let agent = agents[n];
    let task = agent.w >> 16u;
    let end = tasks[task + 1u];
    let at = n * (uniforms.horizon + 1u);
    var next = tasks[task];
    var cell = agent.x;
    var step = 0u;
    var running = true;
    while (running && step < uniforms.horizon && next < end) {
      let goal = tasks[next];
      let heading = choose(n, cell, goal);
      track[at + step] = cell | (heading << 16u) | (goal << 18u);
      let to = neighbour(cell, heading);
      let content = grids[n * CELLS + to];
      if (to != cell && content != WALL) {
        cell = to;
        if (content == goal + 1u) {
          next++;
        } else if (content > 0u) {
          // The expert enters another colour only where every heading does.
          running = false;
        }
      }
      step++;
    }
    for (var t = step; t <= uniforms.horizon; t++) {
      track[at + t] = cell;
    }
    outcome[n] = step | select(0u, FINISHED, next == end);
  }
}
