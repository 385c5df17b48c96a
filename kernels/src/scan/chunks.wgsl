// Chunks of the scanned axis, in which they lie as [outer, chunks, width].
struct Chunk {
  outer: u32,
  number: u32,
  /** Vectors of the width, and which of them. */
  width: u32,
  unit: u32,
  begin: u32,
  end: u32,
}

fn chunksInAll() -> u32 {
  return uniforms.outer * uniforms.chunks * (uniforms.width / LANES);
}

fn chunkOf(i: u32) -> Chunk {
  let width = uniforms.width / LANES;
  let number = i / width % uniforms.chunks;
  let length = (uniforms.time + uniforms.chunks - 1u) / uniforms.chunks;
  let begin = min(number * length, uniforms.time);
  return Chunk(i / width / uniforms.chunks, number, width, i % width, begin, min(begin + length, uniforms.time));
}
