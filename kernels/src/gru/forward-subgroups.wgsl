// The recurrence of forward.wgsl for software adapters, where the lanes of a subgroup are the elements of a CPU's vector register and a
// workgroup is one subgroup. A lane has four neighbouring units in each of PARTS parts of the state. It takes its rows one after the other,
// each from its first step to its last: the state stays in registers, goes to all lanes by shuffles, and meets weights that were copied to private
// memory once for all rows and steps. Indices into private memory are constants, or reads would become gathers: hence the
// written-out `four`s. The branch halfway keeps the compiler from moving all shuffles to the front, where they do not fit its registers
// (without it a step takes 1.6 times as long). Loops that copy have bounds that no compiler can see, so that they stay loops.
// Prelude: LANES (subgroup size), PARTS (1 to 4: the state has at most 4·LANES·PARTS units).
// hidden: A multiple of 4.
// rows: steps in all where sequences are packed, those left over included; else 0.
enable subgroups;
import fragments::launch;

const UNITS: u32 = 4u * LANES * PARTS;
alias State = array<vec4<f32>, PARTS>;
// By input unit: weights to this lane's units.
alias Weights = array<State, UNITS>;

var<private> ofR: Weights;
var<private> ofZ: Weights;
var<private> ofN: Weights;
var<private> biasR: State;
var<private> biasZ: State;
var<private> biasN: State;
var<private> h: State;
var<private> sum: State;

fn sigmoid(x: vec4<f32>) -> vec4<f32> {
  return 1.0 / (1.0 + exp(-clamp(x, vec4(-80.0), vec4(80.0))));
}

/** Steps of all packed sequences together. */
fn taken() -> u32 {
  return lengths[uniforms.batch + uniforms.time];
}

/** A lane's vec4 of `unit` units, of which there may be fewer. */
fn within(part: u32, lane: u32) -> u32 {
  return min(part * LANES + lane, uniforms.hidden / 4u - 1u);
}

/** Weights of a gate from four input units on: by input unit, of which memory has those to each output unit in one piece. */
fn columns(gate: u32, part: u32, lane: u32, i: u32) -> mat4x4<f32> {
  let units = uniforms.hidden / 4u;
  let row = (gate * uniforms.hidden + 4u * within(part, lane)) * units + i;
  return transpose(mat4x4(whh[row], whh[row + units], whh[row + 2u * units], whh[row + 3u * units]));
}

fn four(i: u32, weights: ptr<private, Weights>) {
  let x = subgroupShuffle(h[i / LANES], i % LANES);
  for (var part = 0u; part < PARTS; part++) {
    sum[part] += x.x * (*weights)[4u * i][part];
  }
  for (var part = 0u; part < PARTS; part++) {
    sum[part] += x.y * (*weights)[4u * i + 1u][part];
  }
  for (var part = 0u; part < PARTS; part++) {
    sum[part] += x.z * (*weights)[4u * i + 2u][part];
  }
  for (var part = 0u; part < PARTS; part++) {
    sum[part] += x.w * (*weights)[4u * i + 3u][part];
  }
}

/** sum += W h for one gate. */
fn product(weights: ptr<private, Weights>) {
  four(0u, weights);
  four(1u, weights);
  four(2u, weights);
  four(3u, weights);
  four(4u, weights);
  four(5u, weights);
  four(6u, weights);
  four(7u, weights);
  if (UNITS > 32u && uniforms.hidden > 32u) {
    four(8u, weights);
    four(9u, weights);
    four(10u, weights);
    four(11u, weights);
    four(12u, weights);
    four(13u, weights);
    four(14u, weights);
    four(15u, weights);
  }
}

@compute @workgroup_size(LANES)
fn main(launch: Launch, @builtin(subgroup_invocation_id) lane: u32) {
  let time = uniforms.time;
  let units = uniforms.hidden / 4u;
  for (var i = 0u; i < units; i++) {
    for (var part = 0u; part < PARTS; part++) {
      let r = columns(0u, part, lane, i);
      let z = columns(1u, part, lane, i);
      let n = columns(2u, part, lane, i);
      for (var j = 0u; j < 4u; j++) {
        ofR[4u * i + j][part] = r[j];
        ofZ[4u * i + j][part] = z[j];
        ofN[4u * i + j][part] = n[j];
      }
    }
  }
  for (var part = 0u; part < PARTS; part++) {
    biasR[part] = bhh[within(part, lane)];
    biasZ[part] = bhh[units + within(part, lane)];
    biasN[part] = bhh[2u * units + within(part, lane)];
  }
  // A step of a sequence lies at sequence · stride + where those of its time begin.
  let packed = uniforms.rows > 0u;
  let stride = select(time, 1u, packed);
  for (var row = launch.group.x; row < uniforms.batch; row += launch.groups.x) {
    var length = time;
    if (uniforms.withLengths == 1u) {
      length = lengths[row];
    }
    for (var part = 0u; part < PARTS; part++) {
      h[part] = vec4(0.0);
      if (uniforms.initial == 1u) {
        h[part] = h0[row * units + within(part, lane)];
      }
    }
    let steps = select(time, length, packed);
    for (var step = 0u; step < steps; step++) {
      let t = select(step, steps - 1u - step, uniforms.reverse == 1u);
      let at = row * stride + select(t, lengths[uniforms.batch + t], packed);
      sum = biasR;
      product(&ofR);
      let r = sum;
      sum = biasZ;
      product(&ofZ);
      let z = sum;
      sum = biasN;
      product(&ofN);
      for (var part = 0u; part < PARTS; part++) {
        let unit = part * LANES + lane;
        if (unit < units) {
          let projected = at * 3u * units + unit;
          let before = h[part];
          let reset = sigmoid(r[part] + gates[projected]);
          let update = sigmoid(z[part] + gates[projected + units]);
          let candidate = tanh(clamp(reset * sum[part] + gates[projected + 2u * units], vec4(-20.0), vec4(20.0)));
          let after = select(before, candidate + update * (before - candidate), t < length);
          out[at * units + unit] = after;
          if (uniforms.save == 1u) {
            let kept = at * 4u * units + unit;
            previous[at * units + unit] = before;
            saved[kept] = reset;
            saved[kept + units] = update;
            saved[kept + 2u * units] = candidate;
            saved[kept + 3u * units] = sum[part];
          }
          h[part] = after;
        }
      }
    }
  }
  // What is left over behind the last of packed rows.
  for (var row = select(uniforms.rows, taken() + launch.group.x, packed); row < uniforms.rows; row += launch.groups.x) {
    for (var unit = lane; unit < units; unit += LANES) {
      out[row * units + unit] = vec4(0.0);
      if (uniforms.save == 1u) {
        previous[row * units + unit] = vec4(0.0);
      }
    }
  }
}
