// The gradient of backward.wgsl for software adapters; see forward-subgroups.wgsl for how rows, units and weights are laid out and why loops
// are written as they are.
// Prelude: LANES (subgroup size), PARTS (1 to 4: the state has at most 4·LANES·PARTS units).
// hidden: A multiple of 4.
// rows: steps in all where sequences are packed, those left over included; else 0.
enable subgroups;
import fragments::launch;

const UNITS: u32 = 4u * LANES * PARTS;
alias State = array<vec4<f32>, PARTS>;
// By output unit of a gate: weights from this lane's units.
alias Weights = array<State, UNITS>;

var<private> ofR: Weights;
var<private> ofZ: Weights;
var<private> ofN: Weights;
var<private> toR: State;
var<private> toZ: State;
// To n, and to W_n h + b_n.
var<private> toN: State;
var<private> toS: State;
var<private> dh: State;

/** Steps of all packed sequences together. */
fn taken() -> u32 {
  return lengths[uniforms.batch + uniforms.time];
}

fn four(i: u32, gradient: ptr<private, State>, weights: ptr<private, Weights>) {
  let x = subgroupShuffle((*gradient)[i / LANES], i % LANES);
  for (var part = 0u; part < PARTS; part++) {
    dh[part] += x.x * (*weights)[4u * i][part];
  }
  for (var part = 0u; part < PARTS; part++) {
    dh[part] += x.y * (*weights)[4u * i + 1u][part];
  }
  for (var part = 0u; part < PARTS; part++) {
    dh[part] += x.z * (*weights)[4u * i + 2u][part];
  }
  for (var part = 0u; part < PARTS; part++) {
    dh[part] += x.w * (*weights)[4u * i + 3u][part];
  }
}

/** dh += Wᵀ · the gradient to one gate. */
fn through(gradient: ptr<private, State>, weights: ptr<private, Weights>) {
  four(0u, gradient, weights);
  four(1u, gradient, weights);
  four(2u, gradient, weights);
  four(3u, gradient, weights);
  four(4u, gradient, weights);
  four(5u, gradient, weights);
  four(6u, gradient, weights);
  four(7u, gradient, weights);
  if (UNITS > 32u && uniforms.hidden > 32u) {
    four(8u, gradient, weights);
    four(9u, gradient, weights);
    four(10u, gradient, weights);
    four(11u, gradient, weights);
    four(12u, gradient, weights);
    four(13u, gradient, weights);
    four(14u, gradient, weights);
    four(15u, gradient, weights);
  }
}

@compute @workgroup_size(LANES)
fn main(launch: Launch, @builtin(subgroup_invocation_id) lane: u32) {
  let time = uniforms.time;
  let hidden = uniforms.hidden;
  let units = hidden / 4u;
  for (var j = 0u; j < hidden; j++) {
    for (var part = 0u; part < PARTS; part++) {
      let at = j * units + min(part * LANES + lane, units - 1u);
      ofR[j][part] = whh[at];
      ofZ[j][part] = whh[at + hidden * units];
      ofN[j][part] = whh[at + 2u * hidden * units];
    }
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
      dh[part] = vec4(0.0);
    }
    let steps = select(time, length, packed);
    for (var step = 0u; step < steps; step++) {
      let t = select(steps - 1u - step, step, uniforms.reverse == 1u);
      let at = row * stride + select(t, lengths[uniforms.batch + t], packed);
      for (var part = 0u; part < PARTS; part++) {
        let unit = part * LANES + lane;
        // Lanes beyond the state say nothing to others.
        toR[part] = vec4(0.0);
        toZ[part] = vec4(0.0);
        toN[part] = vec4(0.0);
        toS[part] = vec4(0.0);
        if (unit < units) {
          let total = dh[part] + dy[at * units + unit];
          dh[part] = total;
          if (t < length) {
            let kept = at * 4u * units + unit;
            let r = saved[kept];
            let z = saved[kept + units];
            let n = saved[kept + 2u * units];
            toN[part] = total * (1.0 - z) * (1.0 - n * n);
            toZ[part] = total * (previous[at * units + unit] - n) * z * (1.0 - z);
            toR[part] = toN[part] * saved[kept + 3u * units] * r * (1.0 - r);
            toS[part] = toN[part] * r;
            dh[part] = total * z;
          }
          let goal = at * 3u * units + unit;
          dgates[goal] = toR[part];
          dgates[goal + units] = toZ[part];
          dgates[goal + 2u * units] = toN[part];
          dgatesHidden[goal] = toR[part];
          dgatesHidden[goal + units] = toZ[part];
          dgatesHidden[goal + 2u * units] = toS[part];
        }
      }
      through(&toR, &ofR);
      through(&toZ, &ofZ);
      through(&toS, &ofN);
    }
    for (var part = 0u; part < PARTS; part++) {
      let unit = part * LANES + lane;
      if (unit < units) {
        dh0[row * units + unit] = dh[part];
      }
    }
  }
  // What is left over behind the last of packed rows.
  for (var row = select(uniforms.rows, taken() + launch.group.x, packed); row < uniforms.rows; row += launch.groups.x) {
    for (var i = lane; i < 3u * units; i += LANES) {
      dgates[row * 3u * units + i] = vec4(0.0);
      dgatesHidden[row * 3u * units + i] = vec4(0.0);
    }
  }
}
