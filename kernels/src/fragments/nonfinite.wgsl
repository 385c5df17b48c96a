// WGSL has no literal for NaN and infinity, and refuses constants that come to one: these are read from memory.
var<private> nanBits: u32 = 0x7fc00000u;
var<private> infinityBits: u32 = 0x7f800000u;

fn notANumber() -> f32 {
  return bitcast<f32>(nanBits);
}

fn infinity() -> f32 {
  return bitcast<f32>(infinityBits);
}
