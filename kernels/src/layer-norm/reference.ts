export interface LayerNormReference {
  readonly y: Float64Array;
  /** `[rows, 2]`: mean and 1/√(variance + eps). */
  readonly stats: Float64Array;
}

/** Layer normalisation of x `[rows, width]` in float64; gamma and beta `[width]`, or neither. */
export function layerNormReference(
  x: ArrayLike<number>,
  width: number,
  eps: number,
  gamma?: ArrayLike<number>,
  beta?: ArrayLike<number>,
): LayerNormReference {
  const rows = x.length / width;
  const y = new Float64Array(x.length);
  const stats = new Float64Array(2 * rows);
  for (let row = 0; row < rows; row++) {
    let mean = 0;
    for (let i = 0; i < width; i++) mean += x[row * width + i] / width;
    let variance = 0;
    for (let i = 0; i < width; i++) variance += (x[row * width + i] - mean) ** 2 / width;
    const rstd = 1 / Math.sqrt(variance + eps);
    for (let i = 0; i < width; i++) y[row * width + i] = (x[row * width + i] - mean) * rstd * (gamma?.[i] ?? 1) + (beta?.[i] ?? 0);
    stats.set([mean, rstd], 2 * row);
  }
  return { y, stats };
}

export interface LayerNormGradients {
  readonly dx: Float64Array;
  readonly dgamma: Float64Array;
  readonly dbeta: Float64Array;
}

/** Gradients of Σ y·dy in float64. */
export function layerNormBackwardReference(
  x: ArrayLike<number>,
  width: number,
  eps: number,
  dy: ArrayLike<number>,
  gamma?: ArrayLike<number>,
): LayerNormGradients {
  const rows = x.length / width;
  const { stats } = layerNormReference(x, width, eps);
  const dx = new Float64Array(x.length);
  const dgamma = new Float64Array(width);
  const dbeta = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    const [mean, rstd] = [stats[2 * row], stats[2 * row + 1]];
    const normalised = (i: number) => (x[row * width + i] - mean) * rstd;
    const g = (i: number) => dy[row * width + i] * (gamma?.[i] ?? 1);
    let sum = 0;
    let projection = 0;
    for (let i = 0; i < width; i++) {
      sum += g(i) / width;
      projection += (g(i) * normalised(i)) / width;
      dgamma[i] += dy[row * width + i] * normalised(i);
      dbeta[i] += dy[row * width + i];
    }
    for (let i = 0; i < width; i++) dx[row * width + i] = rstd * (g(i) - sum - normalised(i) * projection);
  }
  return { dx, dgamma, dbeta };
}
