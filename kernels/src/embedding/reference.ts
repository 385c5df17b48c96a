/** `out[n, :] = Σ_k table[indices[n, k], :]` in float64. */
export function embeddingSumReference(indices: Int32Array, slots: number, table: ArrayLike<number>, width: number): Float64Array {
  const rows = indices.length / slots;
  const out = new Float64Array(rows * width);
  for (let n = 0; n < rows; n++) {
    for (let k = 0; k < slots; k++) {
      const index = indices[n * slots + k];
      if (index < 0) continue;
      for (let c = 0; c < width; c++) out[n * width + c] += table[index * width + c];
    }
  }
  return out;
}

/** The gradient of the table in float64. */
export function embeddingSumBackwardReference(
  indices: Int32Array,
  slots: number,
  dOut: ArrayLike<number>,
  width: number,
  vocabulary: number,
): Float64Array {
  const dTable = new Float64Array(vocabulary * width);
  for (let n = 0; n < indices.length / slots; n++) {
    for (let k = 0; k < slots; k++) {
      const index = indices[n * slots + k];
      if (index < 0) continue;
      for (let c = 0; c < width; c++) dTable[index * width + c] += dOut[n * width + c];
    }
  }
  return dTable;
}
