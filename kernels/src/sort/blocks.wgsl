// Sorts every eight neighbours of a row of x [rows, length] by themselves, in registers, as pairs (key, place in the row). An odd-even
// transposition network: it exchanges neighbours only where they are out of order, and so is stable.
// Prelude: WORKGROUP (invocations per workgroup), DESCENDING, ORDER as in fragments::order.
import fragments::{index, order};

const BLOCK = 8u;

struct Four {
  keys: vec4<u32>,
  places: vec4<u32>,
}

fn loaded(row: u32, place: u32) -> u32 {
  if (place >= uniforms.length) {
    return 0xffffffffu;
  }
  let key = keyOf(x[row * uniforms.length + place]);
  return select(key, ~key, DESCENDING);
}

fn store(row: u32, place: u32, key: u32, origin: u32) {
  if (place < uniforms.length) {
    pairs[row * uniforms.length + place] = vec2<u32>(key, origin);
  }
}

fn chosen(left: Four, right: Four, which: vec4<bool>) -> Four {
  return Four(select(left.keys, right.keys, which), select(left.places, right.places, which));
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let blocks = (uniforms.length + BLOCK - 1u) / BLOCK;
  let step = invocations(launch);
  for (var i = indexOf(launch, lane); i < uniforms.rows * blocks; i += step) {
    let row = i / blocks;
    let first = (i - row * blocks) * BLOCK;
    let places = vec4<u32>(0u, 2u, 4u, 6u) + first;
    // The elements at even and at odd places.
    var even = Four(vec4<u32>(loaded(row, first), loaded(row, first + 2u), loaded(row, first + 4u), loaded(row, first + 6u)), places);
    var odd = Four(
      vec4<u32>(loaded(row, first + 1u), loaded(row, first + 3u), loaded(row, first + 5u), loaded(row, first + 7u)),
      places + 1u,
    );
    for (var round = 0u; round < BLOCK / 2u; round++) {
      let falls = even.keys > odd.keys;
      let lesser = chosen(even, odd, falls);
      odd = chosen(odd, even, falls);
      even = lesser;
      // Each odd one and the even one behind it; behind the last there is none.
      let next = Four(vec4<u32>(even.keys.yzw, 0xffffffffu), vec4<u32>(even.places.yzw, 0u));
      let rises = odd.keys > next.keys;
      let greater = chosen(next, odd, rises);
      odd = chosen(odd, next, rises);
      even = Four(vec4<u32>(even.keys.x, greater.keys.xyz), vec4<u32>(even.places.x, greater.places.xyz));
    }
    for (var k = 0u; k < 4u; k++) {
      store(row, first + 2u * k, even.keys[k], even.places[k]);
      store(row, first + 2u * k + 1u, odd.keys[k], odd.places[k]);
    }
  }
}
