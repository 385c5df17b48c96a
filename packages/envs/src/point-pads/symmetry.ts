/**
 * Points `[…, 2]` under the symmetries of the square: quarter turns, then the same after a mirroring of left and
 * right.
 */
export function turnPoints(points: ArrayLike<number>, k: number): Float64Array {
  const turned = Float64Array.from(points);
  for (let i = 0; i < turned.length; i += 2) {
    let [x, y] = [k < 4 ? turned[i] : -turned[i], turned[i + 1]];
    for (let turn = 0; turn < k % 4; turn++) [x, y] = [-y, x];
    turned[i] = x;
    turned[i + 1] = y;
  }
  return turned;
}
