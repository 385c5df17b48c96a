// What the agents of some episodes of gridworld-pinpad see, as rows of an embedding table: K indices a row, −1 for nothing.
// Egocentric: a window of (2·size − 1)² places around the agent over channels (colours, wall, outside), then the agent's cell.
// Allocentric: each cell over channels (colours, the walls in reading order), then the agent's cell.
// Prelude: WORKGROUP (invocations per workgroup), CELLS (size²), COLOURS, WALLS, EGOCENTRIC (bool).
// Row i is of episode[i]; a row of an episode past the end sees nothing at all.
import fragments::index;

fn egocentric(n: u32, cell: u32, place: u32) -> u32 {
  let size = i32(uniforms.size);
  let width = 2u * uniforms.size - 1u;
  let row = i32(cell) / size + i32(place / width) - (size - 1);
  let column = i32(cell) % size + i32(place % width) - (size - 1);
  let channels = COLOURS + 2u;
  if (row < 0 || row >= size || column < 0 || column >= size) {
    return place * channels + COLOURS + 1u;
  }
  let content = grids[n * CELLS + u32(row * size + column)];
  return select(place * channels + content - 1u, 0xffffffffu, content == 0u);
}

fn allocentric(n: u32, place: u32) -> u32 {
  let channels = COLOURS + WALLS;
  let content = grids[n * CELLS + place];
  if (content == 0u) {
    return 0xffffffffu;
  }
  if (content <= COLOURS) {
    return place * channels + content - 1u;
  }
  var wall = COLOURS;
  for (var before = 0u; before < place; before++) {
    wall += select(0u, 1u, grids[n * CELLS + before] == COLOURS + 1u);
  }
  return place * channels + wall;
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let width = 2u * uniforms.size - 1u;
  let places = select(CELLS, width * width, EGOCENTRIC);
  let channels = select(COLOURS + WALLS, COLOURS + 2u, EGOCENTRIC);
  let slots = places + 1u;
  let stride = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.rows * slots; i += stride) {
    let n = episode[i / slots];
    let place = i % slots;
    var index = 0xffffffffu;
    if (n < uniforms.episodes) {
      let cell = agents[n].x;
      if (place == places) {
        index = places * channels + cell;
      } else if (EGOCENTRIC) {
        index = egocentric(n, cell, place);
      } else {
        index = allocentric(n, place);
      }
    }
    indices[i] = bitcast<i32>(index);
  }
}
