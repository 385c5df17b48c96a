/** 65000 → `65 k`, for axes. */
export function short(value: number): string {
  if (Math.abs(value) >= 1e6) return `${Number((value / 1e6).toPrecision(3))} M`;
  if (Math.abs(value) >= 1e3) return `${Number((value / 1e3).toPrecision(3))} k`;
  return String(Number(value.toPrecision(3)));
}

/** A share with three digits; values below a thousandth keep what distinguishes them from nothing. */
export function share(value: number): string {
  if (value === 0) return '0';
  return Math.abs(value) < 0.001 ? value.toExponential(1) : value.toFixed(3);
}

/** Of a normal distribution, 95 % lie within so many standard deviations. */
const Z = 1.959963984540054;

/**
 * Wilson's score interval at 95 % of a share, both within 0 and 1.
 * @param sampled how many it is a share of, above 0.
 */
export function wilson(success: number, sampled: number): readonly [low: number, high: number] {
  const weight = Z ** 2 / sampled;
  const middle = success + weight / 2;
  const half = Z * Math.sqrt((success * (1 - success)) / sampled + weight / (4 * sampled));
  return [Math.max(0, (middle - half) / (1 + weight)), Math.min(1, (middle + half) / (1 + weight))];
}

/** The same in words: `0.825 to 0.840`. */
export const intervalTold = (success: number, sampled: number): string => wilson(success, sampled).map(share).join(' to ');
