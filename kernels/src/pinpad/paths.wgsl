// Shortest paths of gridworld-pinpad to every colour, breadth first from the colour outwards over empty cells: entering a wall or
// another colour is not allowed, leaving a coloured cell is. One invocation an episode and colour.
// Prelude: WORKGROUP (invocations per workgroup), CELLS (size²), COLOURS, FIRST (ties: of the moves that begin a shortest path only
// the first of up, down, left, right counts).
// paths[episode, colour, cell] is the number of steps (UNREACHABLE: there is no way) times 16, plus the moves that begin a shortest
// path, bit `a` for move `a`. Where no path is left these are the moves that enter no coloured cell, and where there are none of those
// all moves.
import fragments::{index, moves};

const UNREACHABLE: u32 = 0xffffu;
const WALL: u32 = COLOURS + 1u;

var<private> content: array<u32, CELLS>;
var<private> distance: array<u32, CELLS>;
var<private> queue: array<u32, CELLS>;

fn measure(goal: u32) {
  distance[goal] = 0u;
  queue[0] = goal;
  var tail = 1u;
  for (var head = 0u; head < tail; head++) {
    let cell = queue[head];
    // Paths go through empty cells only; a coloured cell can begin one, so it has a distance but is not passed.
    if (content[cell] != 0u && cell != goal) {
      continue;
    }
    for (var heading = 0u; heading < 4u; heading++) {
      let behind = neighbour(cell, heading);
      if (distance[behind] == UNREACHABLE && content[behind] != WALL) {
        distance[behind] = distance[cell] + 1u;
        queue[tail] = behind;
        tail++;
      }
    }
  }
}

// The moves from a cell that enter no coloured cell; those into a wall or the edge stay where they are.
fn quiet(cell: u32) -> u32 {
  var moves = 0u;
  for (var heading = 0u; heading < 4u; heading++) {
    let next = neighbour(cell, heading);
    if (next == cell || content[next] == 0u || content[next] == WALL) {
      moves |= 1u << heading;
    }
  }
  return moves;
}

// The moves from a cell that begin a shortest path to a colour.
fn best(cell: u32, colour: u32) -> u32 {
  var moves = 0u;
  var shortest = UNREACHABLE;
  for (var heading = 0u; heading < 4u; heading++) {
    let next = neighbour(cell, heading);
    if (next == cell || (content[next] != 0u && content[next] != colour + 1u)) {
      continue;
    }
    let rest = distance[next];
    if (rest < shortest) {
      shortest = rest;
      moves = 0u;
    }
    if (rest == shortest && rest != UNREACHABLE) {
      moves |= 1u << heading;
    }
  }
  if (FIRST) {
    moves &= ~moves + 1u;
  }
  if (moves == 0u) {
    moves = quiet(cell);
  }
  return select(moves, 15u, moves == 0u);
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let stride = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.episodes * COLOURS; i += stride) {
    let episode = i / COLOURS;
    let colour = i % COLOURS;
    var goal = CELLS;
    for (var cell = 0u; cell < CELLS; cell++) {
      content[cell] = grids[episode * CELLS + cell];
      distance[cell] = UNREACHABLE;
      if (content[cell] == colour + 1u) {
        goal = min(goal, cell);
      }
    }
    if (goal < CELLS) {
      measure(goal);
    }
    for (var cell = 0u; cell < CELLS; cell++) {
      paths[i * CELLS + cell] = distance[cell] * 16u + best(cell, colour);
    }
  }
}
