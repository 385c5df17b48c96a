// The error function to one last place in f32: minimax polynomials by N. Juffa, https://stackoverflow.com/a/35148199. Prelude: Value.
import fragments::special;

/** Beyond it, erf is ±1 in f32. */
const ERF_SATURATED = 4.0;

fn erf(x: Value) -> Value {
  let t = min(abs(x), Value(ERF_SATURATED));
  let s = t * t;
  var near = Value(-5.96761703e-4);
  near = near * s + 4.99119423e-3;
  near = near * s - 2.67681349e-2;
  near = near * s + 1.12819925e-1;
  near = near * s - 3.76125336e-1;
  near = near * s + 1.28379166e-1;
  var far = (-1.72853470e-5 * t + 3.83197126e-4) * s + (-3.88396438e-3 * t + 2.42546219e-2);
  far = far * t - 1.06777877e-1;
  far = far * t - 6.34846687e-1;
  far = far * t - 1.28717512e-1;
  let size = 1.0 - exp(far * t - t);
  return keepNan(select(near * x + x, select(size, -size, x < Value(0.0)), t > Value(0.92773438)), x);
}
