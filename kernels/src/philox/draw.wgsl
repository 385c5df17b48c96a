// Random numbers by Philox 4×32-10 (Salmon et al., SC 2011), four an invocation, in the layout of index.ts: element i is
// word i mod 4 of the block with counter (i / 4, stream, step low, step high).
// With owners, element (row, column) of [rows, columns] is element (owner[row], column) of what would be drawn without.
// Prelude: WORKGROUP (invocations per workgroup), DISTRIBUTION (one of the constants below), OWNED.
// `state` is (key low, key high, step low, step high): the host writes it before each replay of a captured program.
import fragments::{index, near_zero, philox};

alias Value = vec2<f32>;

const UNIFORM = 0u;
const NORMAL = 1u;
const LOGISTIC = 2u;
const WORDS = 3u;

// 23 bits and a half: in the open interval (0, 1) and exact in f32.
fn openUniform(words: vec4<u32>) -> vec4<f32> {
  return (vec4<f32>(words >> vec4<u32>(9u)) + 0.5) / 8388608.0;
}

// (cos 2πu, sin 2πu). The nearest quarter turn is taken off exactly, so that the angle that is rounded is at most π/4.
fn onCircle(u: f32) -> vec2<f32> {
  let quarters = floor(4.0 * u + 0.5);
  let angle = 6.2831855 * (u - 0.25 * quarters);
  let point = vec2<f32>(cos(angle), sin(angle));
  let turned = select(point, vec2<f32>(-point.y, point.x), (u32(quarters) & 1u) == 1u);
  return select(turned, -turned, (u32(quarters) & 2u) == 2u);
}

fn numbers(words: vec4<u32>) -> vec4<f32> {
  if (DISTRIBUTION == WORDS) {
    return bitcast<vec4<f32>>(words);
  }
  let u = openUniform(words);
  if (DISTRIBUTION == NORMAL) {
    // Box and Muller: two words make two normals.
    // u − 1 is exact from ½ on, where the plain logarithm loses the digits of a short radius.
    let radius = sqrt(-2.0 * select(log(u.xz), log1p(u.xz - 1.0), u.xz > vec2<f32>(0.5)));
    return vec4<f32>(radius.x * onCircle(u.y), radius.y * onCircle(u.w));
  }
  if (DISTRIBUTION == LOGISTIC) {
    return log(u / (1.0 - u));
  }
  return u;
}

fn draw(quarter: u32) -> vec4<f32> {
  return numbers(philox(vec4<u32>(quarter, uniforms.stream, state[2], state[3]), vec2<u32>(state[0], state[1])));
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let step = invocations(launch);
  for (var quarter = indexOf(launch, lane); 4u * quarter < uniforms.count; quarter += step) {
    let first = 4u * quarter;
    var element = first;
    if (OWNED) {
      element = owner[first / uniforms.columns] * uniforms.columns + first % uniforms.columns;
    }
    var drawn = draw(element / 4u);
    out[first] = drawn[element % 4u];
    for (var i = first + 1u; i < min(first + 4u, uniforms.count); i++) {
      let before = element / 4u;
      element++;
      if (OWNED && i % uniforms.columns == 0u) {
        element = owner[i / uniforms.columns] * uniforms.columns;
      }
      if (OWNED && element / 4u != before) {
        drawn = draw(element / 4u);
      }
      out[i] = drawn[element % 4u];
    }
  }
}
