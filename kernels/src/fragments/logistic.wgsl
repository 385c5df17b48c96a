// Saturating functions that keep NaN. Prelude: Value, Bits, Truth.
import fragments::special;

/** 1 / (1 + exp(−x)); exp may overflow: 1 / ∞ is 0. */
fn logistic(x: Value) -> Value {
  return 1.0 / (1.0 + exp(-x));
}

/** tanh without arguments at which some adapters overflow; beyond ±15 it is ±1 in f32. */
fn saturatingTanh(x: Value) -> Value {
  return keepNan(tanh(clamp(x, Value(-15.0), Value(15.0))), x);
}
