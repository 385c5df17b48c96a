/** Test-only: reads the golden vectors (safetensors with F32, F64 and I32) of `kernels/golden`. */
import { readFileSync } from 'node:fs';

export interface Golden {
  readonly shape: number[];
  /** F64 stays double; F32 and I32 as stored. */
  readonly data: Float64Array | Float32Array | Int32Array;
}

/** @param file such as `attention` or `odd/attention`. */
export function readGolden(file: string): Record<string, Golden> {
  const bytes = readFileSync(new URL(`../../golden/${file}.safetensors`, import.meta.url));
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + headerLength).toString('utf8')) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const out: Record<string, Golden> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [from, to] = entry.data_offsets;
    const copy = new Uint8Array(bytes.subarray(8 + headerLength + from, 8 + headerLength + to)).buffer;
    const data = entry.dtype === 'F64' ? new Float64Array(copy) : entry.dtype === 'I32' ? new Int32Array(copy) : new Float32Array(copy);
    out[name] = { shape: entry.shape, data };
  }
  return out;
}

/** The same numbers as f32, for upload. */
export const f32 = (golden: Golden): Float32Array => Float32Array.from(golden.data);
