// Begins episodes of gridworld-pinpad (arXiv 2512.20605): places colours, walls and the agent at random without overlap, again and
// again until every colour can be reached over empty cells from the agent's cell and from every other colour, and draws a task.
// One invocation an episode. Random numbers are Philox 4×32-10 with the counter (block, stream, episode low, episode high), as the
// host's world draws them: the same words in the same order, so the same layouts.
// Prelude: WORKGROUP (invocations per workgroup), CELLS (size²), COLOURS, WALLS, TASKS (0: there is no task).
// `random` is (key low, key high, first episode low, first episode high). A cell of a layout is 0 when empty, 1 … COLOURS for a
// colour, COLOURS + 1 for a wall. An agent is (cell, steps taken, progress, flags), flags with the task in the upper 16 bits; one
// for which ten thousand draws held no layout has the cell NOWHERE.
import fragments::{index, words, moves};

const NOWHERE: u32 = 0xffffffffu;
const DRAWS: u32 = 10000u;
const LAYOUT_STREAM: u32 = 0u;
const TASK_STREAM: u32 = 1u;
const WALL: u32 = COLOURS + 1u;
const OBJECTS: u32 = COLOURS + WALLS + 1u;

// A permutation of the cells: the first ones hold the colours, then the walls, then the agent.
var<private> places: array<u32, CELLS>;
var<private> content: array<u32, CELLS>;
var<private> reached: array<bool, CELLS>;
var<private> queue: array<u32, CELLS>;

// Marks the cells from which a colour can be reached without stepping on another one.
fn flood(colour: u32) {
  for (var cell = 0u; cell < CELLS; cell++) {
    reached[cell] = false;
  }
  let goal = places[colour];
  reached[goal] = true;
  queue[0] = goal;
  var tail = 1u;
  for (var head = 0u; head < tail; head++) {
    let cell = queue[head];
    if (content[cell] != 0u && cell != goal) {
      continue;
    }
    for (var heading = 0u; heading < 4u; heading++) {
      let behind = neighbour(cell, heading);
      if (!reached[behind] && content[behind] != WALL) {
        reached[behind] = true;
        queue[tail] = behind;
        tail++;
      }
    }
  }
}

fn solvable() -> bool {
  for (var colour = 0u; colour < COLOURS; colour++) {
    flood(colour);
    if (!reached[places[OBJECTS - 1u]]) {
      return false;
    }
    for (var other = 0u; other < COLOURS; other++) {
      if (!reached[places[other]]) {
        return false;
      }
    }
  }
  return true;
}

fn place() {
  for (var cell = 0u; cell < CELLS; cell++) {
    places[cell] = cell;
    content[cell] = 0u;
  }
  for (var i = 0u; i < min(OBJECTS, CELLS - 1u); i++) {
    let j = i + below(CELLS - i);
    let held = places[i];
    places[i] = places[j];
    places[j] = held;
  }
  for (var i = 0u; i < COLOURS; i++) {
    content[places[i]] = i + 1u;
  }
  for (var i = 0u; i < WALLS; i++) {
    content[places[COLOURS + i]] = WALL;
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let stride = invocations(launch);
  for (var n = indexOf(launch, lane); n < uniforms.episodes; n += stride) {
    let episode = episodeOf(n);
    seek(LAYOUT_STREAM, episode);
    var agent = NOWHERE;
    for (var draw = 0u; draw < DRAWS; draw++) {
      place();
      if (solvable()) {
        agent = places[OBJECTS - 1u];
        break;
      }
    }
    for (var cell = 0u; cell < CELLS; cell++) {
      grids[n * CELLS + cell] = content[cell];
    }
    var task = 0u;
    if (TASKS > 0u) {
      seek(TASK_STREAM, episode);
      task = below(TASKS);
    }
    agents[n] = vec4<u32>(agent, 0u, 0u, task << 16u);
  }
}
