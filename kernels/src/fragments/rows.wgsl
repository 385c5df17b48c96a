// How a grid shares rows × width items: `pieces` workgroups lie side by side along a row, the others share the rows. An invocation
// divides once and then counts its rows up: a u32 division costs as much as some thirty other operations on a CPU.
// Prelude: WORKGROUP (invocations per workgroup).
import fragments::launch;

/** Rows `first` … `last − 1`, and of each the items `column`, `column + step`, … */
struct Walk {
  first: u32,
  last: u32,
  column: u32,
  step: u32,
}

/** The walk of this invocation; see `rowGroups` for the grid. */
fn walkOf(launch: Launch, lane: u32, rows: u32, width: u32) -> Walk {
  let pieces = clamp((width + WORKGROUP - 1u) / WORKGROUP, 1u, groupCount(launch));
  let shares = groupCount(launch) / pieces;
  let share = (rows + shares - 1u) / shares;
  let piece = groupOf(launch);
  // Workgroups past the last whole share have no rows.
  let first = min((piece / pieces) * share, rows);
  return Walk(first, min(first + share, rows), (piece % pieces) * WORKGROUP + lane, pieces * WORKGROUP);
}
