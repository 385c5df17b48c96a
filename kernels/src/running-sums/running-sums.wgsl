// Adds the sums of several vectors to one small one: sums[i] += Σ term_i, or Σ term_i · weights where bit i of `weighted` is set. A workgroup
// takes one term; its invocations stride over the elements and the first of them adds up what the others found, in order.
// Prelude: WORKGROUP (invocations per workgroup).
import fragments::launch;

var<workgroup> partial: array<f32, WORKGROUP>;

fn countOf(term: u32) -> u32 {
  switch (term) {
    case 0u: { return uniforms.n0; }
    case 1u: { return uniforms.n1; }
    case 2u: { return uniforms.n2; }
    case 3u: { return uniforms.n3; }
    case 4u: { return uniforms.n4; }
    default: { return uniforms.n5; }
  }
}

fn element(term: u32, i: u32) -> f32 {
  switch (term) {
    case 0u: { return x0[i]; }
    case 1u: { return x1[i]; }
    case 2u: { return x2[i]; }
    case 3u: { return x3[i]; }
    case 4u: { return x4[i]; }
    default: { return x5[i]; }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
  let term = launch.group.x;
  let count = countOf(term);
  let weighted = ((uniforms.weighted >> term) & 1u) == 1u;
  var sum = 0.0;
  for (var i = lane; i < count; i += WORKGROUP) {
    var value = element(term, i);
    if (weighted) {
      // What has no weight may be anything, even not a number; it must not count.
      value = select(0.0, value * weights[i], weights[i] != 0.0);
    }
    sum += value;
  }
  partial[lane] = sum;
  workgroupBarrier();
  if (lane == 0u) {
    var total = 0.0;
    for (var i = 0u; i < WORKGROUP; i++) {
      total += partial[i];
    }
    sums[term] += total;
  }
}
