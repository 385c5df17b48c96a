// Of a maximum: dy, where this was the window's greatest number. Prelude: Bits (u32, or a vector of as many as Value).
import fragments::readers;

fn shareOf(at: u32, v: u32, u: u32, place: Place) -> Value {
  let tap = (place.top - v * uniforms.strideY) * uniforms.kernelWidth + place.left - u * uniforms.strideX;
  return select(Value(), dy[at], taps[at] == Bits(tap));
}
