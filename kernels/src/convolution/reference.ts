import { type ConvolutionShape, convolutionSizes } from './shape.js';

type Numbers = ArrayLike<number>;

/** Visits every term of a convolution: places of x, of w and of y. */
function terms(shape: ConvolutionShape, visit: (x: number, w: number, y: number) => void): void {
  const { height, width, channels, outHeight, outWidth, filters, kernelHeight, kernelWidth, groups } = shape;
  const [inGroup, filtersInGroup] = [channels / groups, filters / groups];
  for (let atY = 0; atY < convolutionSizes(shape).y; atY++) {
    const filter = atY % filters;
    const place = Math.floor(atY / filters);
    const line = Math.floor(place / outWidth);
    const image = Math.floor(line / outHeight) * height;
    for (let tap = 0; tap < kernelHeight * kernelWidth; tap++) {
      const y = (line % outHeight) * shape.strideY + Math.floor(tap / kernelWidth) * shape.dilationY - shape.padY;
      const x = (place % outWidth) * shape.strideX + (tap % kernelWidth) * shape.dilationX - shape.padX;
      if (y < 0 || y >= height || x < 0 || x >= width) continue;
      const from = ((image + y) * width + x) * channels + Math.floor(filter / filtersInGroup) * inGroup;
      for (let c = 0; c < inGroup; c++) visit(from + c, (filter * kernelHeight * kernelWidth + tap) * inGroup + c, atY);
    }
  }
}

/** y in float64. */
export function convolutionReference(shape: ConvolutionShape, x: Numbers, w: Numbers, bias?: Numbers): Float64Array {
  const y = new Float64Array(convolutionSizes(shape).y).map((_, i) => bias?.[i % shape.filters] ?? 0);
  terms(shape, (atX, atW, atY) => {
    y[atY] += x[atX] * w[atW];
  });
  return y;
}

/** Gradients of x, w and the bias in float64. */
export function convolutionBackwardReference(shape: ConvolutionShape, x: Numbers, w: Numbers, dy: Numbers) {
  const sizes = convolutionSizes(shape);
  const [dx, dw, dbias] = [sizes.x, sizes.w, shape.filters].map((size) => new Float64Array(size));
  terms(shape, (atX, atW, atY) => {
    dx[atX] += w[atW] * dy[atY];
    dw[atW] += x[atX] * dy[atY];
  });
  for (let i = 0; i < sizes.y; i++) dbias[i % shape.filters] += dy[i];
  return { dx, dw, dbias };
}
