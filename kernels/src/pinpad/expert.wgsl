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
import fragments::index;

const EXPERT_STREAM: u32 = 2u;
const FINISHED: u32 = 0x80000000u;
const WALL: u32 = COLOURS + 1u;

var<private> counter: vec4<u32>;
var<private> words: vec4<u32>;
var<private> used: u32;

// The upper 32 bits of a 64-bit product, from 16-bit pieces: WGSL has no wider integers.
fn multiplyHigh(a: u32, b: u32) -> u32 {
  let aLow = a & 0xffffu;
  let aHigh = a >> 16u;
  let bLow = b & 0xffffu;
  let bHigh = b >> 16u;
  let middle = aHigh * bLow + ((aLow * bLow) >> 16u);
  let carry = aLow * bHigh + (middle & 0xffffu);
  return aHigh * bHigh + (middle >> 16u) + (carry >> 16u);
}

fn philox(start: vec4<u32>, key: vec2<u32>) -> vec4<u32> {
  var c = start;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    c = vec4<u32>(
      multiplyHigh(0xcd9e8d57u, c.z) ^ c.y ^ k.x,
      0xcd9e8d57u * c.z,
      multiplyHigh(0xd2511f53u, c.x) ^ c.w ^ k.y,
      0xd2511f53u * c.x,
    );
    k += vec2<u32>(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

fn seek(stream: u32, episode: vec2<u32>) {
  counter = vec4<u32>(0u, stream, episode.x, episode.y);
  used = 4u;
}

fn word() -> u32 {
  if (used == 4u) {
    words = philox(counter, vec2<u32>(random[0], random[1]));
    counter.x++;
    used = 0u;
  }
  used++;
  return words[used - 1u];
}

// Where a move leads, walls apart; into the edge is the cell itself. Moves: up, down, left, right.
fn neighbour(cell: u32, heading: u32) -> u32 {
  let size = uniforms.size;
  let column = cell % size;
  if (heading == 0u) {
    return select(cell, cell - size, cell >= size);
  }
  if (heading == 1u) {
    return select(cell, cell + size, cell + size < CELLS);
  }
  if (heading == 2u) {
    return select(cell, cell - 1u, column > 0u);
  }
  return select(cell, cell + 1u, column + 1u < size);
}

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
  return member(moves, multiplyHigh(word(), countOneBits(moves)));
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let stride = invocations(launch);
  for (var n = indexOf(launch, lane); n < uniforms.episodes; n += stride) {
    let low = random[2] + n;
    counter = vec4<u32>(0u, EXPERT_STREAM, low, random[3] + select(0u, 1u, low < n));
    used = 4u;
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
