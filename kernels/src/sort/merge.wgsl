// Merges sorted runs of `width` pairs two by two; of each run, and of each result, only the first `keep` are read and written. An
// invocation makes CHUNK neighbours of a result: it finds by bisection how many before them come from the left run, then goes through
// both. Equal keys are taken from the left: stable.
// Prelude: WORKGROUP (invocations per workgroup), CHUNK.
// Source: O. Green, R. McColl, D. Bader, "GPU Merge Path", 2012.
import fragments::index;

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let couples = (uniforms.length + 2u * uniforms.width - 1u) / (2u * uniforms.width);
  let chunks = (min(2u * uniforms.width, uniforms.keep) + CHUNK - 1u) / CHUNK;
  let step = invocations(launch);
  for (var item = indexOf(launch, lane); item < uniforms.rows * couples * chunks; item += step) {
    let couple = item / chunks;
    let row = couple / couples;
    let start = (couple - row * couples) * 2u * uniforms.width;
    let most = min(uniforms.width, uniforms.keep);
    let lefts = min(most, uniforms.length - start);
    let rights = min(most, max(uniforms.length, start + uniforms.width) - start - uniforms.width);
    let left = row * uniforms.length + start;
    let right = left + uniforms.width;
    let first = (item - couple * chunks) * CHUNK;
    let last = min(first + CHUNK, min(lefts + rights, uniforms.keep));
    if (first >= last) {
      continue;
    }
    var low = max(first, rights) - rights;
    var high = min(first, lefts);
    while (low < high) {
      let middle = (low + high) / 2u;
      if (pairs[left + middle].x <= pairs[right + first - 1u - middle].x) {
        low = middle + 1u;
      } else {
        high = middle;
      }
    }
    var i = low;
    var j = first - low;
    for (var at = first; at < last; at++) {
      // What is past the end of a run is read, at a place that there is, and not taken.
      let a = pairs[left + min(i, lefts - 1u)];
      let b = pairs[select(left, right + min(j, rights - 1u), rights > 0u)];
      let fromLeft = j >= rights || (i < lefts && a.x <= b.x);
      merged[left + at] = select(b, a, fromLeft);
      i += u32(fromLeft);
      j += u32(!fromLeft);
    }
  }
}
