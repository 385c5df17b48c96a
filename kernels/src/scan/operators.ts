import type { ScanOperator } from './index.js';

const single = (name: string, identity: string, combine: string, imports = ''): ScanOperator => ({
  name,
  parts: 1,
  reads: [{ name: 'x', of: 'element' }],
  writes: [{ name: 'out', of: 'element' }],
  text: `${imports}struct Item { value: Value }
fn identity() -> Item { return Item(${identity}); }
fn itemAt(at: u32, t: u32) -> Item { return Item(x[at]); }
fn combine(left: Item, right: Item) -> Item { return Item(${combine}); }
`,
  keep: `fn startAt(place: u32) -> Item { return identity(); }
fn keepAt(at: u32, t: u32, item: Item) { out[at] = item.value; }
`,
});

export const SUM = single('cumulative-sum', 'Value()', 'left.value + right.value');
export const PRODUCT = single('cumulative-product', 'Value(1.0)', 'left.value * right.value');
/** The largest so far; from the first NaN on it is NaN. */
export const MAX = single(
  'cumulative-max',
  'Value(bitcast<f32>(minusInfinity))',
  'keepNan(keepNan(max(left.value, right.value), right.value), left.value)',
  'import fragments::special;\n// Read from memory: constants may not be infinite.\nvar<private> minusInfinity: u32 = 0xff800000u;\n',
);

/** h_t = a_t h_{t−1} + b_t as pairs: (a, b) then (a', b') is (a a', a' b + b'). */
const PAIRS = `struct Item { a: Value, b: Value }
fn identity() -> Item { return Item(Value(1.0), Value()); }
fn combine(left: Item, right: Item) -> Item { return Item(left.a * right.a, right.a * left.b + right.b); }
`;

export const LINEAR: ScanOperator = {
  name: 'linear-recurrence',
  parts: 2,
  reads: [
    { name: 'a', of: 'element' },
    { name: 'b', of: 'element' },
    { name: 'h0', of: 'start' },
  ],
  writes: [{ name: 'h', of: 'element' }],
  text: `${PAIRS}fn itemAt(at: u32, t: u32) -> Item { return Item(a[at], b[at]); }
`,
  keep: `fn startAt(place: u32) -> Item {
  if (uniforms.initial == 1u) { return Item(Value(1.0), h0[place]); }
  return identity();
}
fn keepAt(at: u32, t: u32, item: Item) { h[at] = item.b; }
`,
};

/** Its gradient, scanned in reverse: g_t = dh_t + a_{t+1} g_{t+1}; db = g, da_t = g_t h_{t−1}, dh0 = a_0 g_0. */
export const LINEAR_GRADIENT: ScanOperator = {
  name: 'linear-recurrence-gradient',
  parts: 2,
  reads: [
    { name: 'a', of: 'element' },
    { name: 'h', of: 'element' },
    { name: 'h0', of: 'start' },
    { name: 'dh', of: 'element' },
  ],
  writes: [
    { name: 'da', of: 'element' },
    { name: 'db', of: 'element' },
    { name: 'dh0', of: 'every start' },
  ],
  text: `${PAIRS}fn itemAt(at: u32, t: u32) -> Item {
  if (t + 1u < uniforms.time) { return Item(a[at + uniforms.width / LANES], dh[at]); }
  return Item(Value(1.0), dh[at]);
}
`,
  keep: `fn startAt(place: u32) -> Item { return identity(); }
fn keepAt(at: u32, t: u32, item: Item) {
  let width = uniforms.width / LANES;
  let place = at / (uniforms.time * width) * width + at % width;
  var before = Value();
  if (t > 0u) {
    before = h[at - width];
  } else if (uniforms.initial == 1u) {
    before = h0[place];
  }
  db[at] = item.b;
  da[at] = item.b * before;
  if (t == 0u) { dh0[place] = a[at] * item.b; }
}
`,
};
