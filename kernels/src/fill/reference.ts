/** `count` copies of `value`, in float64. */
export function fillReference(count: number, value: number): Float64Array {
  return new Float64Array(count).fill(value);
}
