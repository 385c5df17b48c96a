/** exp of a difference from a maximum: 0 below the normal numbers, where WGSL promises nothing; NaN stays. Prelude: Value. */
fn expOfDifference(difference: Value) -> Value {
  return select(exp(difference), Value(), difference < Value(-87.0));
}
