// A workgroup of EIGHT lanes, each of which carries four sequences, the components of a vec4. Lanes past the batch compute along, others need their
// share of the weights, but store nothing. Fragments of the kernel: share, width. Prelude: Value (f32 or vec4<f32>), LANES
// (units in one, dividing the width), CHUNKS (8·LANES units each: the state width that private arrays have room for).
import fragments::{launch, sequences, share, width};

const EIGHT: u32 = 8u;
/** Of some units: by unit a vec4 of four sequences. */
alias Tile = array<vec4<f32>, LANES>;
alias State = array<array<Tile, EIGHT>, CHUNKS>;

struct Four {
  first: u32,
  count: u32,
  /** Their numbers; past the batch that of its last. */
  rows: vec4<u32>,
  lengths: vec4<u32>,
}

fn fourOf(launch: Launch, lane: u32) -> Four {
  let first = (groupOf(launch) * EIGHT + lane) * 4u;
  let rows = min(first + vec4(0u, 1u, 2u, 3u), vec4(uniforms.batch - 1u));
  let lengths = vec4(lengthOf(rows.x), lengthOf(rows.y), lengthOf(rows.z), lengthOf(rows.w));
  return Four(first, min(max(first, uniforms.batch) - first, 4u), rows, lengths);
}

/** Rows of the buffers of their steps at a time. */
fn placesOf(four: Four, t: u32) -> vec4<u32> {
  return vec4(placeOf(four.rows.x, t), placeOf(four.rows.y, t), placeOf(four.rows.z, t), placeOf(four.rows.w, t));
}

/** The longest length of the whole workgroup, so that all its lanes agree on it. */
fn longestOf(launch: Launch) -> u32 {
  var longest = 0u;
  for (var i = groupOf(launch) * EIGHT * 4u; i < min((groupOf(launch) + 1u) * EIGHT * 4u, uniforms.batch); i++) {
    longest = max(longest, lengthOf(i));
  }
  return longest;
}

/** One sequence's units of a tile, as memory has them: the component q of each vec4. */
fn rowOf(tile: Tile, q: u32) -> Value {
  var units: vec4<f32>;
  for (var i = 0u; i < LANES; i++) {
    units[i] = tile[i][q];
  }
  return narrowed(units);
}

/** The tile with these units of sequence q. */
fn withRow(tile: Tile, q: u32, units: Value) -> Tile {
  var changed = tile;
  let wide = vec4(units);
  for (var i = 0u; i < LANES; i++) {
    changed[i][q] = wide[i];
  }
  return changed;
}
