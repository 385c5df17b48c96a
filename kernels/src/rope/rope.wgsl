// Rotary position embedding (Su et al., https://arxiv.org/abs/2104.09864): turns pairs of elements of each head by an angle that grows with
// the token's position. Each invocation takes a pair of all heads of a token.
// An angle in f32 would be wrong by its own rounding, 0.004 at 10⁵. So frequencies are turns as fractions of 2⁶⁴, and the product with a
// position is exact: what overflows are whole turns. Sine and cosine are polynomials of an eighth of a turn, the same on every adapter.
// Prelude: WORKGROUP (invocations per workgroup), INTERLEAVED (pairs are neighbours; else an element and the one half a head on), INVERSE.
// x, out: [tokens, all heads, headDim], of which the first `heads` are turned and the others copied. positions: [period], repeated for the tokens.
// frequencies: [headDim / 2, 2], high and low words.
import fragments::index;

const EIGHTH = 0x20000000u;
// 2π / 2³².
const RADIANS = 1.4629180792671596e-9;

/** The upper word of a product. */
fn upperWord(a: u32, b: u32) -> u32 {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let cross = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (cross & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (cross >> 16u) + (other >> 16u);
}

/** Cosine and sine of a position times a pair's frequency, to 10⁻⁷. */
fn turned(position: u32, pair: u32) -> vec2<f32> {
  let turn = position * frequencies[2u * pair] + upperWord(position, frequencies[2u * pair + 1u]);
  // The nearest quarter, and from there an eighth of a turn at most.
  let quarter = (turn + EIGHTH) >> 30u;
  let x = f32(bitcast<i32>(turn - (quarter << 30u))) * RADIANS;
  let square = x * x;
  let sine = x + x * square * (-1.6666654611e-1 + square * (8.3321608736e-3 - square * 1.9515295891e-4));
  let cosine = 1.0 - 0.5 * square + square * square * (4.166664568298827e-2 + square * (-1.388731625493765e-3 + square * 2.443315711809948e-5));
  let swapped = select(vec2<f32>(cosine, sine), vec2<f32>(sine, cosine), (quarter & 1u) == 1u);
  // The signs by quarters: cosine + − − +, sine + + − −.
  let signs = vec2<f32>(select(1.0, -1.0, quarter == 1u || quarter == 2u), select(1.0, -1.0, quarter >= 2u));
  return swapped * signs;
}

fn angle(position: u32, pair: u32) -> vec2<f32> {
  let by = turned(position, pair);
  if (INVERSE) {
    return vec2<f32>(by.x, -by.y);
  }
  return by;
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let pairs = uniforms.headDim / 2u;
  // An angle serves all heads of its token.
  for (var i = indexOf(launch, lane); i < uniforms.tokens * pairs; i += invocations(launch)) {
    let token = i / pairs;
    let pair = i % pairs;
    let by = angle(positions[token % uniforms.period], pair);
    let step = select(pairs, 1u, INTERLEAVED);
    var place = token * uniforms.allHeads * uniforms.headDim + select(pair, 2u * pair, INTERLEAVED);
    for (var head = 0u; head < uniforms.allHeads; head++) {
      let a = x[place];
      let b = x[place + step];
      if (head < uniforms.heads) {
        out[place] = a * by.x - b * by.y;
        out[place + step] = a * by.y + b * by.x;
      } else {
        out[place] = a;
        out[place + step] = b;
      }
      place += uniforms.headDim;
    }
  }
}
