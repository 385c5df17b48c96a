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
