import type { PoolingShape } from './index.js';

type Numbers = ArrayLike<number>;

/** The places of x under each window, [output][tap]; −1 outside the image. */
function windows(shape: PoolingShape): number[][] {
  const { batch, height, width, channels, outHeight, outWidth, kernelHeight, kernelWidth } = shape;
  return Array.from({ length: batch * outHeight * outWidth * channels }, (_, o) => {
    const place = Math.floor(o / channels);
    const line = Math.floor(place / outWidth);
    return Array.from({ length: kernelHeight * kernelWidth }, (_, tap) => {
      const y = (line % outHeight) * shape.strideY + Math.floor(tap / kernelWidth) - shape.padY;
      const x = (place % outWidth) * shape.strideX + (tap % kernelWidth) - shape.padX;
      if (y < 0 || y >= height || x < 0 || x >= width) return -1;
      return ((Math.floor(line / outHeight) * height + y) * width + x) * channels + (o % channels);
    });
  });
}

/** The greatest of each window in float64, and dx from dy: it goes to the first greatest, or the last NaN. */
export function maxPoolReference(shape: PoolingShape, x: Numbers, dy: Numbers) {
  const dx = new Float64Array(x.length);
  const y = Float64Array.from(windows(shape), (places, o) => {
    const inside = places.filter((place) => place >= 0);
    const best = inside.reduce((held, place) => (x[place] > x[held] || Number.isNaN(x[place]) ? place : held), inside[0]);
    dx[best] += dy[o];
    return x[best];
  });
  return { y, dx };
}

/** The mean of each window in float64, and dx from dy. */
export function averagePoolReference(shape: PoolingShape, x: Numbers, dy: Numbers) {
  const dx = new Float64Array(x.length);
  const y = Float64Array.from(windows(shape), (places, o) => {
    const inside = places.filter((place) => place >= 0);
    const count = shape.padded ? places.length : inside.length;
    for (const place of inside) dx[place] += dy[o] / count;
    return inside.reduce((sum, place) => sum + x[place], 0) / count;
  });
  return { y, dx };
}
