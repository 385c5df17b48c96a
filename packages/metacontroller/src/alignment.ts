/**
 * How well switches and codes agree with the true subgoals of held-out demonstrations (arXiv 2512.20605, §4 results).
 */
/** Steps of episodes side by side; all arrays [batch·time]. */
export interface AlignmentInput {
  readonly batch: number;
  readonly time: number;
  /** Switch β; above 0.5 counts as a switch. */
  readonly beta: ArrayLike<number>;
  /** True subgoal of each step. */
  readonly subgoal: ArrayLike<number>;
  /** 1 where the step happened. */
  readonly mask: ArrayLike<number>;
}

export interface Alignment {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Switches per step after the first. */
  readonly rate: number;
}

/**
 * Precision, recall and F1 of switches against true subgoal changes, at most `tolerance` steps apart. The first step of
 * an episode counts as neither.
 */
export function switchAlignment({ batch, time, beta, subgoal, mask }: AlignmentInput, tolerance: number): Alignment {
  let predicted = 0;
  let actual = 0;
  let predictedNearActual = 0;
  let actualNearPredicted = 0;
  let steps = 0;
  const inside = (i: number, t: number): boolean => t >= 1 && t < time && mask[i * time + t] > 0;
  const switches = (i: number, t: number): boolean => inside(i, t) && beta[i * time + t] > 0.5;
  const changes = (i: number, t: number): boolean => inside(i, t) && subgoal[i * time + t] !== subgoal[i * time + t - 1];
  const near = (test: (i: number, t: number) => boolean, i: number, t: number): boolean => {
    for (let s = t - tolerance; s <= t + tolerance; s++) if (test(i, s)) return true;
    return false;
  };
  for (let i = 0; i < batch; i++) {
    for (let t = 1; t < time; t++) {
      if (!inside(i, t)) continue;
      steps++;
      if (switches(i, t)) {
        predicted++;
        if (near(changes, i, t)) predictedNearActual++;
      }
      if (changes(i, t)) {
        actual++;
        if (near(switches, i, t)) actualNearPredicted++;
      }
    }
  }
  const precision = predictedNearActual / Math.max(1, predicted);
  const recall = actualNearPredicted / Math.max(1, actual);
  return { precision, recall, f1: (2 * precision * recall) / Math.max(1e-9, precision + recall), rate: predicted / Math.max(1, steps) };
}

/**
 * Mean and (biased) standard deviation of rows [N, width] where `keep` is set: the codes' own distribution at switches.
 */
export function codeStatistics(
  codes: ArrayLike<number>,
  width: number,
  keep: (row: number) => boolean,
): { mean: Float32Array; std: Float32Array; count: number } {
  const sum = new Float64Array(width);
  const squares = new Float64Array(width);
  let count = 0;
  for (let row = 0; row < codes.length / width; row++) {
    if (!keep(row)) continue;
    count++;
    for (let j = 0; j < width; j++) {
      sum[j] += codes[row * width + j];
      squares[j] += codes[row * width + j] ** 2;
    }
  }
  const n = Math.max(1, count);
  const mean = Float32Array.from(sum, (s) => s / n);
  const std = Float32Array.from(squares, (s, j) => Math.sqrt(Math.max(0, s / n - (sum[j] / n) ** 2)));
  return { mean, std, count };
}
