// W_hh in private memory, and its products with a vector that the lanes of a subgroup hold. Indices into private memory are constants, or reads
// would become gathers: hence the written-out `four`s. The branch halfway keeps the compiler from moving all shuffles to the front, where
// they do not fit its registers (without it a step takes 1.6 times as long).
// Prelude: SUBGROUP (its size), PARTS (1 to 4: the state has at most 4·SUBGROUP·PARTS units), GATES.
enable subgroups;
const UNITS: u32 = 4u * SUBGROUP * PARTS;
/** A lane's units: four neighbours in each part of the state. */
alias State = array<vec4<f32>, PARTS>;
/** By the index that is summed over: weights to or from this lane's units. */
var<private> weights: array<array<State, UNITS>, GATES>;
var<private> sum: State;

fn four(i: u32, gate: u32, x: ptr<private, State>) {
  let value = subgroupShuffle((*x)[i / SUBGROUP], i % SUBGROUP);
  for (var part = 0u; part < PARTS; part++) {
    sum[part] += value.x * weights[gate][4u * i][part];
  }
  for (var part = 0u; part < PARTS; part++) {
    sum[part] += value.y * weights[gate][4u * i + 1u][part];
  }
  for (var part = 0u; part < PARTS; part++) {
    sum[part] += value.z * weights[gate][4u * i + 2u][part];
  }
  for (var part = 0u; part < PARTS; part++) {
    sum[part] += value.w * weights[gate][4u * i + 3u][part];
  }
}

fn eight(i: u32, gate: u32, x: ptr<private, State>) {
  four(i, gate, x);
  four(i + 1u, gate, x);
  four(i + 2u, gate, x);
  four(i + 3u, gate, x);
  four(i + 4u, gate, x);
  four(i + 5u, gate, x);
  four(i + 6u, gate, x);
  four(i + 7u, gate, x);
}

/** sum += the product of a gate's weights and x. */
fn multiply(gate: u32, x: ptr<private, State>) {
  eight(0u, gate, x);
  if (UNITS > 32u && uniforms.hidden > 32u) {
    eight(8u, gate, x);
  }
}
