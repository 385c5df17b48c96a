// What kernels for products of matrices share: where the matrices of a batch begin, and what is done to a product before it is stored.
// Needs Value (f32 or vec4<f32>), buffers bias, residual and c of it, and the flags of a product.

/** Where the matrix of an operand begins; its strides are 0 along axes of the batch that it is stretched over. */
fn beginOf(matrix: u32, strides: vec3<u32>) -> u32 {
  if (!BATCHED) {
    return 0u;
  }
  let rest = matrix / uniforms.batch2;
  return dot(vec3(rest / uniforms.batch1, rest % uniforms.batch1, matrix % uniforms.batch2), strides);
}
fn beginOfA(matrix: u32) -> u32 {
  return beginOf(matrix, vec3(uniforms.a0, uniforms.a1, uniforms.a2));
}
fn beginOfB(matrix: u32) -> u32 {
  return beginOf(matrix, vec3(uniforms.b0, uniforms.b1, uniforms.b2));
}

/** A product with its bias, and what follows it: place `o` of c. A comparison, unlike a maximum, keeps NaN. */
fn finished(product: Value, o: u32) -> Value {
  var value = product;
  if (RELU) {
    value = select(value, Value(), value <= Value());
  }
  if (RESIDUAL) {
    value += residual[o];
  }
  if (RECTIFY) {
    value = select(value, Value(), residual[o] <= Value());
  }
  return value;
}
