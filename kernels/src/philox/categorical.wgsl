// One sample per row from softmax(logits [rows, classes] · sharpness), and its log-probability. The uniform of row i is word 0 of the
// Philox 4×32-10 block with counter (i or owner[i], stream, step low, step high); the sample is the first class at which the
// cumulative probability exceeds it.
// Prelude: WORKGROUP (invocations per workgroup), OWNED (owner is given), PLACED (place is given: row i's log-probability goes to
// logProb[place[i]], and nowhere where that is past the end).
// `state` is (key low, key high, step low, step high), as in draw.wgsl.
// A logit that is NaN or +∞, or a row of nothing but −∞, gives class 0 and NaN. Value is f32.
// places: entries of logProb where it is placed.
import fragments::{index, philox, exponential, special};

fn logitOf(i: u32) -> f32 {
  return logits[i] * uniforms.sharpness;
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var row = indexOf(launch, lane); row < uniforms.rows; row += step) {
    var drawer = row;
    if (OWNED) {
      drawer = owner[row];
    }
    let words = philox(vec4<u32>(drawer, uniforms.stream, state[2], state[3]), vec2<u32>(state[0], state[1]));
    let uniform01 = (f32(words.x >> 9u) + 0.5) / 8388608.0;

    let at = row * uniforms.classes;
    var highest = logitOf(at);
    for (var k = 1u; k < uniforms.classes; k++) {
      highest = max(highest, logitOf(at + k));
    }
    var total = 0.0;
    for (var k = 0u; k < uniforms.classes; k++) {
      total += expOfDifference(logitOf(at + k) - highest);
    }
    let threshold = uniform01 * total;
    var cumulative = 0.0;
    // Rounding may leave the threshold above the last sum: then the last class with a probability worth its name.
    var chosen = 0u;
    var done = false;
    for (var k = 0u; k < uniforms.classes; k++) {
      let weight = expOfDifference(logitOf(at + k) - highest);
      cumulative += weight;
      if (!done && weight > 1e-30) {
        chosen = k;
        done = cumulative > threshold;
      }
    }
    // Of a row that is no distribution nothing can be drawn: a class there is, with a log-probability of NaN.
    chosen = select(chosen, 0u, isNan(total));
    index[row] = i32(chosen);
    let found = (logitOf(at + chosen) - highest) - log(total);
    if (!PLACED) {
      logProb[row] = found;
    } else if (place[row] < uniforms.places) {
      logProb[place[row]] = found;
    }
  }
}
