/** exp of a difference from a maximum: 0 below the normal numbers, where WGSL promises nothing; NaN stays. */
fn expOfDifference(difference: f32) -> f32 {
  return select(exp(difference), 0.0, difference < -87.0);
}
