/** Linear read-outs: what a vector says of a class (arXiv 2512.20605, §3, linear probes). */
import { CoxswainError } from '@coxswain/base';
import { Matrix, solve } from 'ml-matrix';

/** A linear map from vectors to classes. */
export interface Readout {
  /** The class that row `row` of `vectors` [N, width] is given. */
  predict(vectors: ArrayLike<number>, row: number): number;
}

/**
 * Least squares onto one-hot labels with a ridge, intercept included.
 * @param vectors [N, width]
 * @param labels [N], classes 0 … classes − 1
 */
export function fitReadout(vectors: ArrayLike<number>, width: number, labels: ArrayLike<number>, classes: number, ridge = 1e-2): Readout {
  const rows = labels.length;
  if (rows === 0 || vectors.length !== rows * width) {
    throw new CoxswainError(`fitReadout: ${vectors.length} numbers for ${rows} rows of ${width}`, {
      code: 'bad-shape',
      value: `${vectors.length} numbers, ${rows} labels`,
      expected: `${width} numbers for each of at least one label`,
    });
  }
  const columns = width + 1;
  const x = new Float64Array(columns).fill(1);
  // Normal equations (XᵀX + ridge·I) W = XᵀY; the upper triangle of XᵀX is enough.
  const gram = Array.from({ length: columns }, (_, i) => Float64Array.from({ length: columns }, (__, j) => (i === j ? ridge : 0)));
  const target = Array.from({ length: columns }, () => new Float64Array(classes));
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < width; j++) x[j] = vectors[row * width + j];
    for (let i = 0; i < columns; i++) {
      const own = gram[i];
      for (let j = i; j < columns; j++) own[j] += x[i] * x[j];
      target[i][labels[row]] += x[i];
    }
  }
  for (let i = 0; i < columns; i++) for (let j = 0; j < i; j++) gram[i][j] = gram[j][i];
  const weights = solve(new Matrix(gram), new Matrix(target)).to2DArray();
  return {
    predict(given, row) {
      let best = 0;
      let bestScore = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < classes; c++) {
        let score = weights[width][c];
        for (let i = 0; i < width; i++) score += given[row * width + i] * weights[i][c];
        if (score > bestScore) {
          bestScore = score;
          best = c;
        }
      }
      return best;
    },
  };
}

/**
 * Accuracy of a read-out fitted on the first half of the rows and tested on the second.
 * @param vectors [N, width]
 * @param labels [N], classes 0 … classes − 1
 */
export function ridgeReadout(vectors: ArrayLike<number>, width: number, labels: ArrayLike<number>, classes: number, ridge = 1e-2): number {
  const rows = labels.length;
  const train = Math.floor(rows / 2);
  const part = (values: ArrayLike<number>, to: number): ArrayLike<number> => Array.prototype.slice.call(values, 0, to);
  const readout = fitReadout(part(vectors, train * width), width, part(labels, train), classes, ridge);
  let right = 0;
  for (let row = train; row < rows; row++) if (readout.predict(vectors, row) === labels[row]) right++;
  return right / (rows - train);
}
