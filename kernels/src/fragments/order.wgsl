// Numbers as unsigned keys in the same order, so that no comparison meets a NaN: NaN is above all others, zeros of both signs are equal.
// Prelude: ORDER (0: f32, 1: u32, 2: i32, given as bits).

const FLOATS = 0u;
const SIGNED = 2u;
const SIGN = 0x80000000u;
const INFINITY_BITS = 0x7f800000u;
const NAN_BITS = 0x7fc00000u;
const NAN_KEY = 0xffffffffu;

/** The key of a number. */
fn keyOf(bits: u32) -> u32 {
  if (ORDER == SIGNED) {
    return bits ^ SIGN;
  }
  if (ORDER != FLOATS) {
    return bits;
  }
  let magnitude = bits & ~SIGN;
  let key = select(SIGN + magnitude, SIGN - magnitude, bits >= SIGN);
  return select(key, NAN_KEY, magnitude > INFINITY_BITS);
}

/** The number of a key: for f32 a positive zero, and one NaN. */
fn numberOf(key: u32) -> u32 {
  if (ORDER == SIGNED) {
    return key ^ SIGN;
  }
  if (ORDER != FLOATS) {
    return key;
  }
  let bits = select(SIGN | (SIGN - key), key - SIGN, key >= SIGN);
  return select(bits, NAN_BITS, key == NAN_KEY);
}

/** Keys in falling order, but NaN above all again; its own inverse. */
fn turned(key: u32) -> u32 {
  return select(~key, key, ORDER == FLOATS && key == NAN_KEY);
}
