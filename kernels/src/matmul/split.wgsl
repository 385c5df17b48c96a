// Parts of c = aᵀ · b for GPUs, a [k, m] and b [k, n]: the sum over k is shared among workgroups, each of which makes a tile of one
// part out of stretches of k in workgroup memory, two of each matrix, so that the next ones are fetched while these are used, with one
// barrier a stretch. An invocation makes 8 × 8 of it, in vectors with names of their own: an array that is not kept in registers costs
// more than all the rest.
// A part is its sums [m, n] and with ROW_SUMS, behind them, those of a over k [m]; parts lie one behind the other.
// Prelude: Element (f32, or f16 for a and b in half precision; sums are f32 always), ROW_SUMS (bool). m and n divide by 4.
import fragments::tiles;

// Both sides of a tile in fours, and how far along k it goes at a time.
const SIDE = 16u;
const STRETCH = 16u;
// A side of the invocations, each of which has two fours of rows and two of columns, ACROSS fours apart.
const ACROSS = 8u;
const SIZE = SIDE * STRETCH;
// Fours of k that the invocations fetch at a time.
const HIGH = ACROSS * ACROSS / SIDE;

var<workgroup> tilesA: array<vec4<Element>, 2u * SIZE>;
var<workgroup> tilesB: array<vec4<Element>, 2u * SIZE>;

fn fetchA(four: u32, k: u32, end: u32) -> vec4<Element> {
  if (k < end && 4u * four < uniforms.m) {
    return a[k * (uniforms.m / 4u) + four];
  }
  return vec4<Element>();
}

fn fetchB(four: u32, k: u32, end: u32) -> vec4<Element> {
  if (k < end && 4u * four < uniforms.n) {
    return b[k * (uniforms.n / 4u) + four];
  }
  return vec4<Element>();
}

/** A row of the part: what the invocation has of it, in its two fours of columns. */
fn store(part: u32, row: u32, column: u32, one: vec4<f32>, two: vec4<f32>) {
  if (row >= uniforms.m) {
    return;
  }
  let at = part + row * (uniforms.n / 4u) + column;
  if (4u * column < uniforms.n) {
    c[at] = one;
  }
  if (4u * (column + ACROSS) < uniforms.n) {
    c[at + ACROSS] = two;
  }
}

@compute @workgroup_size(64)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let x = lane % ACROSS;
  let y = lane / ACROSS;
  let tile = tileOf(launch, max(1u, (uniforms.n + 4u * SIDE - 1u) / (4u * SIDE)), max(1u, (uniforms.m + 4u * SIDE - 1u) / (4u * SIDE)));
  if (tile.matrix >= uniforms.parts) {
    return;
  }
  // Each part sums over as many whole stretches; the last ones may have nothing left.
  let stretches = (uniforms.k + STRETCH - 1u) / STRETCH;
  let chunk = (stretches + uniforms.parts - 1u) / uniforms.parts * STRETCH;
  let begin = min(tile.matrix * chunk, uniforms.k);
  let end = min(begin + chunk, uniforms.k);
  let fourA = tile.row * SIDE + lane % SIDE;
  let fourB = tile.column * SIDE + lane % SIDE;
  let first = lane / SIDE;

  var c00 = vec4<f32>(); var c01 = vec4<f32>();
  var c10 = vec4<f32>(); var c11 = vec4<f32>();
  var c20 = vec4<f32>(); var c21 = vec4<f32>();
  var c30 = vec4<f32>(); var c31 = vec4<f32>();
  var c40 = vec4<f32>(); var c41 = vec4<f32>();
  var c50 = vec4<f32>(); var c51 = vec4<f32>();
  var c60 = vec4<f32>(); var c61 = vec4<f32>();
  var c70 = vec4<f32>(); var c71 = vec4<f32>();
  var ofRows0 = vec4<f32>();
  var ofRows1 = vec4<f32>();

  var a0 = fetchA(fourA, begin + first, end);
  var a1 = fetchA(fourA, begin + first + HIGH, end);
  var a2 = fetchA(fourA, begin + first + 2u * HIGH, end);
  var a3 = fetchA(fourA, begin + first + 3u * HIGH, end);
  var b0 = fetchB(fourB, begin + first, end);
  var b1 = fetchB(fourB, begin + first + HIGH, end);
  var b2 = fetchB(fourB, begin + first + 2u * HIGH, end);
  var b3 = fetchB(fourB, begin + first + 3u * HIGH, end);
  var buffer = 0u;
  for (var k = begin; k < end; k += STRETCH) {
    let at = buffer * SIZE;
    tilesA[at + lane] = a0;
    tilesA[at + lane + HIGH * SIDE] = a1;
    tilesA[at + lane + 2u * HIGH * SIDE] = a2;
    tilesA[at + lane + 3u * HIGH * SIDE] = a3;
    tilesB[at + lane] = b0;
    tilesB[at + lane + HIGH * SIDE] = b1;
    tilesB[at + lane + 2u * HIGH * SIDE] = b2;
    tilesB[at + lane + 3u * HIGH * SIDE] = b3;
    workgroupBarrier();
    let next = k + STRETCH + first;
    a0 = fetchA(fourA, next, end);
    a1 = fetchA(fourA, next + HIGH, end);
    a2 = fetchA(fourA, next + 2u * HIGH, end);
    a3 = fetchA(fourA, next + 3u * HIGH, end);
    b0 = fetchB(fourB, next, end);
    b1 = fetchB(fourB, next + HIGH, end);
    b2 = fetchB(fourB, next + 2u * HIGH, end);
    b3 = fetchB(fourB, next + 3u * HIGH, end);
    for (var i = 0u; i < STRETCH; i++) {
      let left0 = vec4<f32>(tilesA[at + i * SIDE + y]);
      let left1 = vec4<f32>(tilesA[at + i * SIDE + ACROSS + y]);
      let right0 = vec4<f32>(tilesB[at + i * SIDE + x]);
      let right1 = vec4<f32>(tilesB[at + i * SIDE + ACROSS + x]);
      c00 += left0.x * right0; c01 += left0.x * right1;
      c10 += left0.y * right0; c11 += left0.y * right1;
      c20 += left0.z * right0; c21 += left0.z * right1;
      c30 += left0.w * right0; c31 += left0.w * right1;
      c40 += left1.x * right0; c41 += left1.x * right1;
      c50 += left1.y * right0; c51 += left1.y * right1;
      c60 += left1.z * right0; c61 += left1.z * right1;
      c70 += left1.w * right0; c71 += left1.w * right1;
      if (ROW_SUMS) {
        ofRows0 += left0;
        ofRows1 += left1;
      }
    }
    // The next stretch writes the other tiles: whoever is late reads these in peace, and the barrier there keeps all within one.
    buffer = 1u - buffer;
  }

  let part = tile.matrix * (uniforms.m / 4u) * (uniforms.n + select(0u, 1u, ROW_SUMS));
  let row = 4u * (tile.row * SIDE + y);
  let under = row + 4u * ACROSS;
  let column = tile.column * SIDE + x;
  store(part, row, column, c00, c01);
  store(part, row + 1u, column, c10, c11);
  store(part, row + 2u, column, c20, c21);
  store(part, row + 3u, column, c30, c31);
  store(part, under, column, c40, c41);
  store(part, under + 1u, column, c50, c51);
  store(part, under + 2u, column, c60, c61);
  store(part, under + 3u, column, c70, c71);
  if (ROW_SUMS && column == 0u) {
    let sums = part + (uniforms.m / 4u) * uniforms.n;
    if (row < uniforms.m) {
      c[sums + row / 4u] = ofRows0;
    }
    if (under < uniforms.m) {
      c[sums + under / 4u] = ofRows1;
    }
  }
}
