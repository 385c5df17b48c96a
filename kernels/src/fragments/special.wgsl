// NaN and infinity. WGSL lets a compiler assume that there are none, and folds constants that are: so they are told by their bits, and
// infinity is read from memory. Prelude: Value (f32 or a vector of them), Bits (u32 or a vector of as many), Truth (bool likewise).

/** Which elements are NaN. */
fn isNan(x: Value) -> Truth {
  return (bitcast<Bits>(x) & Bits(0x7fffffffu)) > Bits(0x7f800000u);
}

/** `result`, but x where x is NaN: keeps what a clamp or a maximum would swallow. */
fn keepNan(result: Value, x: Value) -> Value {
  return select(result, x, isNan(x));
}
