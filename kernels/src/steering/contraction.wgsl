// u[n, ρ] = Σ_j c[n, j] p[n, j·rank + ρ], a Value of u at a time.
// Prelude: APPENDED (bool: c lacks its last column, which is the constant 1), Value (f32 or vec4<f32>) and LANES (elements in one; they divide
// the rank).

/** Values in a row of the bottleneck. */
fn ranks() -> u32 {
  return uniforms.rank / LANES;
}

/** Columns that c has. */
fn columns() -> u32 {
  return uniforms.terms - select(0u, 1u, APPENDED);
}

/** Where the i-th Value of u has its first term. */
fn firstTerm(i: u32) -> u32 {
  return i / ranks() * uniforms.terms * ranks() + i % ranks();
}

fn contracted(i: u32) -> Value {
  let n = i / ranks();
  var at = firstTerm(i);
  var sum = Value();
  for (var j = n * columns(); j < (n + 1) * columns(); j++) {
    sum += c[j] * p[at];
    at += ranks();
  }
  if (APPENDED) {
    sum += p[at];
  }
  return sum;
}
