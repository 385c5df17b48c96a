// Where a workgroup stands among tiles of matrices, in a folded grid: along the columns first, then down the rows, then through a batch.
import fragments::launch;

struct Tile {
  /** How many tiles lie left of it and above it, and of which matrix it is. */
  column: u32,
  row: u32,
  matrix: u32,
}

/** The workgroup's tile, of matrices that are `across` tiles wide and `down` high. Folded grids go on past the last matrix. */
fn tileOf(launch: Launch, across: u32, down: u32) -> Tile {
  let group = groupOf(launch);
  let rows = group / across;
  let matrix = rows / down;
  return Tile(group - rows * across, rows - matrix * down, matrix);
}
