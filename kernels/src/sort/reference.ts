/** Places of a row's elements in stable order; NaN above all, zeros of both signs equal. */
export function sortReference(row: ArrayLike<number>, descending: boolean): number[] {
  const compare = (a: number, b: number): number => {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
    return a < b ? -1 : a > b ? 1 : 0;
  };
  const places = Array.from(row, (_, i) => i);
  return places.sort((i, j) => (descending ? -1 : 1) * compare(row[i], row[j]) || i - j);
}
