// x to a power that all elements share, through exp2(exponent · log2|x|); specials as C's pow, and as sqrt where the exponent is ±½.
// Prelude: Value, Bits, Truth.
import fragments::nonfinite;

fn power(x: Value, exponent: Value) -> Value {
  let whole = floor(exponent) == exponent;
  let odd = whole & (2.0 * floor(0.5 * exponent) != exponent);
  let root = abs(exponent) == Value(0.5);
  let bits = bitcast<Bits>(x);
  let negative = (bits >> Bits(31u)) == Bits(1u);
  let infinite = (bits & Bits(0x7fffffffu)) == Bits(0x7f800000u);
  // Compilers make a pow of it, which may give 0 for 0 to any power.
  let ofZero = select(Value(0.0), Value(infinity()), exponent < Value(0.0));
  let size = select(exp2(exponent * log2(abs(x))), ofZero, x == Value(0.0));
  let signed = select(size, -size, negative & (odd | root));
  let undefined = (x < Value(0.0)) & !whole & (!infinite | root);
  return select(select(signed, Value(notANumber()), undefined), Value(1.0), exponent == Value(0.0));
}
