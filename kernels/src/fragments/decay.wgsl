// Softplus and 1 − eᵛ, exact to rounding where their plain formulas lose digits, and NaN where their argument is.
// Prelude: Value (f32 or a vector of them), Bits, Truth.
import fragments::special;

/** log(1 + u) for u from 0 to 1, as 2 artanh(u / (2 + u)): near 1 a GPU's own logarithm is exact to 2⁻²¹ only, however small the result. */
fn logOnePlus(u: Value) -> Value {
  let s = u / (2.0 + u);
  let q = s * s;
  return 2.0 * s * (1.0 + q * (1.0 / 3.0 + q * (0.2 + q * (1.0 / 7.0 + q * (1.0 / 9.0 + q / 11.0)))));
}

fn softplus(v: Value) -> Value {
  return keepNan(max(v, Value(0.0)) + logOnePlus(exp(-abs(v))), v);
}

/** 1 − eᵛ for v ≤ 0. */
fn complement(v: Value) -> Value {
  let series = -v * (1.0 + v * (0.5 + v * (1.0 / 6.0 + v * (1.0 / 24.0 + v / 120.0))));
  return keepNan(select(1.0 - exp(v), series, v > Value(-0.1)), v);
}
