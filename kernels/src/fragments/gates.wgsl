// Gates that keep NaN and have their limits at infinity. exp overflows to infinity, whose reciprocal is 0; tanh is bounded because some
// adapters make it of exponentials. Prelude: Value (f32 or a vector of them), Bits, Truth.
import fragments::special;

fn sigmoid(x: Value) -> Value {
  return keepNan(1.0 / (1.0 + exp(-x)), x);
}

fn squash(x: Value) -> Value {
  return keepNan(tanh(clamp(x, Value(-20.0), Value(20.0))), x);
}

/** max(x, 0), NaN where x is. */
fn rectify(x: Value) -> Value {
  return select(x, Value(), x <= Value());
}

/** A gradient through `rectify` at x; as in PyTorch it goes through NaN. */
fn throughRectify(slope: Value, x: Value) -> Value {
  return select(slope, Value(), x <= Value());
}
