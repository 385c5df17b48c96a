/** What differs between one number and four neighbours of a row: the fragment `across`, over `Value`. */
const FOUR = `fn sumAcross(v: vec4<f32>) -> f32 { return (v.x + v.y) + (v.z + v.w); }
fn maximumAcross(v: vec4<f32>) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }
fn elementOf(v: vec4<f32>, i: u32) -> f32 { return v[i]; }
/** 1 at \`wanted\` of the elements that begin at 4 · k. */
fn oneHot(k: u32, wanted: i32) -> vec4<f32> {
  return select(vec4<f32>(), vec4<f32>(1.0), i32(4u * k) + vec4<i32>(0, 1, 2, 3) == vec4<i32>(wanted));
}`;
const ONE = `fn sumAcross(v: f32) -> f32 { return v; }
fn maximumAcross(v: f32) -> f32 { return v; }
fn elementOf(v: f32, i: u32) -> f32 { return v; }
/** 1 where k is \`wanted\`. */
fn oneHot(k: u32, wanted: i32) -> f32 { return select(0.0, 1.0, i32(k) == wanted); }`;

/** Its text: sumAcross, maximumAcross, elementOf, oneHot. @param fours `Value` is a vec4. */
export const across = (fours: boolean): string => (fours ? FOUR : ONE);
