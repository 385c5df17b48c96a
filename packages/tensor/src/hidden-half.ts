/**
 * f16 that Dawn hides: on NVIDIA's drivers before 615.71, since some old cards failed conformance tests, unless its
 * toggle `vulkan_enable_f16_on_nvidia` is on. We ask for it there, and keep it where our own kernels are right on that
 * adapter.
 */
import { backward } from './autograd.js';
import type { Device } from './device.js';
import { inHalfPrecision, linear, mul, sum } from './ops/index.js';

/** Dawn's toggle. Other adapters have no use for it. */
export const HIDDEN_HALF = 'vulkan_enable_f16_on_nvidia';
/** The first driver that Dawn shows f16 of. */
const SHOWN_FROM = [615, 71] as const;

/** Whether Dawn hides f16 of this adapter, by what it says of itself (`NVIDIA: 580.159.04`). */
export function hidesHalf(
  { vendor, description }: { readonly vendor: string; readonly description: string },
  features: ReadonlySet<string>,
): boolean {
  if (vendor !== 'nvidia' || features.has('shader-f16')) return false;
  const [, major, minor] = (/(\d+)\.(\d+)/.exec(description) ?? []).map(Number);
  return major < SHOWN_FROM[0] || (major === SHOWN_FROM[0] && minor < SHOWN_FROM[1]);
}

/** Rows enough for a gradient of weights to be summed in parts, and sizes that end inside a tile. */
const [ROWS, INPUTS, OUTPUTS] = [644, 76, 68];

/** Whole numbers from −8 to 8: what is made of them is exact in f16, and sums of it in f32. */
const wholes = (count: number, step: number): Float32Array => Float32Array.from({ length: count }, (_, i) => ((i * step) % 17) - 8);

/** a · bᵀ, of a [m, k] and b [n, k]. */
function product(a: Float32Array, b: Float32Array, m: number, n: number, k: number): Float32Array {
  const out = new Float32Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) for (let p = 0; p < k; p++) out[i * n + j] += a[i * k + p] * b[j * k + p];
  return out;
}

const transposed = (x: Float32Array, rows: number, columns: number): Float32Array =>
  Float32Array.from(x, (_, i) => x[(i % rows) * columns + Math.floor(i / rows)]);

/**
 * Whether a layer and its gradients come out exactly right in half precision, and what is too large for it as infinity.
 */
export async function halfIsRight(device: Device): Promise<boolean> {
  if (!device.traits.f16) return false;
  using _scope = device.scope();
  const [x, w, s] = [wholes(ROWS * INPUTS, 5), wholes(OUTPUTS * INPUTS, 7), wholes(ROWS * OUTPUTS, 11)];
  const [input, weight] = [device.tensor(x, [ROWS, INPUTS]).requireGradient(), device.tensor(w, [OUTPUTS, INPUTS]).requireGradient()];
  const large = device.tensor(new Float32Array(64).fill(1e6), [4, 16]);
  try {
    const [y, beyond] = inHalfPrecision(device, () => {
      const out = linear(input, weight);
      backward(sum(mul(out, device.tensor(s, [ROWS, OUTPUTS]))));
      return [out, linear(large, device.tensor(new Float32Array(64).fill(1), [4, 16]))];
    });
    if (!input.gradient || !weight.gradient) return false;
    const read = (await device.read([y, input.gradient, weight.gradient, beyond])) as Float32Array[];
    const right = [
      product(x, w, ROWS, OUTPUTS, INPUTS),
      product(s, transposed(w, OUTPUTS, INPUTS), ROWS, INPUTS, OUTPUTS),
      product(transposed(s, ROWS, OUTPUTS), transposed(x, ROWS, INPUTS), OUTPUTS, INPUTS, ROWS),
      new Float32Array(16).fill(Number.POSITIVE_INFINITY),
    ];
    return right.every((expected, i) => expected.every((value, at) => value === read[i][at]));
  } catch {
    // What does not compile or launch there is not right either.
    return false;
  }
}
