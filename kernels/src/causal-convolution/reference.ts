import type { CausalConvolutionShape } from './index.js';

type Numbers = ArrayLike<number>;
type Sizes = Pick<CausalConvolutionShape, 'batch' | 'time' | 'width' | 'taps'>;

/** Visits every term of a causal convolution: places of x, of w and of y. Steps from a row's length on have none. */
function terms({ batch, time, width, taps }: Sizes, lengths: Numbers | undefined, visit: (x: number, w: number, y: number) => void): void {
  for (let row = 0; row < batch; row++) {
    for (let t = 0; t < Math.min(time, lengths?.[row] ?? time); t++) {
      for (let j = Math.max(0, taps - 1 - t); j < taps; j++) {
        for (let c = 0; c < width; c++) visit((row * time + t - taps + 1 + j) * width + c, j * width + c, (row * time + t) * width + c);
      }
    }
  }
}

/** y [batch, time, width] in float64, zeros from a row's length on. */
export function causalConvolutionReference(shape: Sizes, x: Numbers, w: Numbers, bias?: Numbers, lengths?: Numbers): Float64Array {
  const { time, width } = shape;
  const y = new Float64Array(shape.batch * time * width).map((_, i) => {
    const t = Math.floor(i / width) % time;
    return t < (lengths?.[Math.floor(i / (width * time))] ?? time) ? (bias?.[i % width] ?? 0) : 0;
  });
  terms(shape, lengths, (atX, atW, atY) => {
    y[atY] += x[atX] * w[atW];
  });
  return y;
}

/** Gradients of x, w and the bias in float64. */
export function causalConvolutionBackwardReference(shape: Sizes, x: Numbers, w: Numbers, dy: Numbers, lengths?: Numbers) {
  const { batch, time, width, taps } = shape;
  const [dx, dw, dbias] = [batch * time * width, taps * width, width].map((size) => new Float64Array(size));
  terms(shape, lengths, (atX, atW, atY) => {
    dx[atX] += w[atW] * dy[atY];
    dw[atW] += x[atX] * dy[atY];
    // The last tap meets every step once.
    if (atW >= (taps - 1) * width) dbias[atY % width] += dy[atY];
  });
  return { dx, dw, dbias };
}
