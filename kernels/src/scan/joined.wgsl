// What comes before a chunk: `start`, then all chunks before it in their order.
fn joined(start: Item, i: u32, chunk: Chunk) -> Item {
  var item = start;
  for (var before = 0u; before < chunk.number; before++) {
    item = combine(item, totals[i - (chunk.number - before) * chunk.width]);
  }
  return item;
}
