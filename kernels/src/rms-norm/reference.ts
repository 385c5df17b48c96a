export interface RmsNormReference {
  readonly y: Float64Array;
  /** `[rows]`: 1/√(mean(x²) + eps). */
  readonly stats: Float64Array;
}

/** Root-mean-square normalisation of x `[rows, width]` in float64; gamma `[width]`. */
export function rmsNormReference(x: ArrayLike<number>, width: number, eps: number, gamma: ArrayLike<number>): RmsNormReference {
  const rows = x.length / width;
  const y = new Float64Array(x.length);
  const stats = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let meanSquare = 0;
    for (let i = 0; i < width; i++) meanSquare += x[row * width + i] ** 2 / width;
    stats[row] = 1 / Math.sqrt(meanSquare + eps);
    for (let i = 0; i < width; i++) y[row * width + i] = x[row * width + i] * stats[row] * gamma[i];
  }
  return { y, stats };
}

export interface RmsNormGradients {
  readonly dx: Float64Array;
  readonly dgamma: Float64Array;
}

/** Gradients of Σ y·dy in float64. */
export function rmsNormBackwardReference(
  x: ArrayLike<number>,
  width: number,
  eps: number,
  dy: ArrayLike<number>,
  gamma: ArrayLike<number>,
): RmsNormGradients {
  const { stats } = rmsNormReference(x, width, eps, gamma);
  const dx = new Float64Array(x.length);
  const dgamma = new Float64Array(width);
  stats.forEach((rstd, row) => {
    let projection = 0;
    for (let i = 0; i < width; i++) {
      projection += (dy[row * width + i] * gamma[i] * x[row * width + i]) / width;
      dgamma[i] += dy[row * width + i] * x[row * width + i] * rstd;
    }
    for (let i = 0; i < width; i++) {
      dx[row * width + i] = rstd * (dy[row * width + i] * gamma[i] - x[row * width + i] * rstd ** 2 * projection);
    }
  });
  return { dx, dgamma };
}
