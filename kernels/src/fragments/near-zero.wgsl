// exp(x) − 1 and log(1 + x) with all their digits near 0, where the plain forms have none left. Prelude: Value.

/** exp(x) − 1: Taylor's series below ½ in size. */
fn expm1(x: Value) -> Value {
  var sum = Value(1.0) + x / 9.0;
  sum = 1.0 + sum * x / 8.0;
  sum = 1.0 + sum * x / 7.0;
  sum = 1.0 + sum * x / 6.0;
  sum = 1.0 + sum * x / 5.0;
  sum = 1.0 + sum * x / 4.0;
  sum = 1.0 + sum * x / 3.0;
  sum = 1.0 + sum * x / 2.0;
  return select(exp(x) - 1.0, sum * x, abs(x) < Value(0.5));
}

/** log(1 + x): 2 artanh(x / (2 + x)) by its series below ¼ in size. */
fn log1p(x: Value) -> Value {
  let r = x / (2.0 + x);
  let s = r * r;
  var sum = 1.0 / 7.0 + s / 9.0;
  sum = 1.0 / 5.0 + s * sum;
  sum = 1.0 / 3.0 + s * sum;
  sum = 1.0 + s * sum;
  return select(log(1.0 + x), 2.0 * r * sum, abs(x) < Value(0.25));
}
