/** Convolutions and pooling of images, channels last, and convolutions along time. */
import * as ops from '../../src/ops/index.js';
import type { Draw } from './draw.js';
import type { Host, Uploaded } from './host.js';
import { expected, finite, placesOf, sums } from './loops.js';
import { type Expected, type Rows, row } from './row.js';

type Image = {
  readonly x: Host;
  readonly w: Host;
  readonly bias: Host | undefined;
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
};
type Pair = readonly [number, number];

const couple = (draw: Draw, least: number, most: number): number[] => [draw.integer(least, most), draw.integer(least, most)];
const options = ({ bias, stride, padding, dilation, groups }: Omit<Uploaded<Image>, 'x' | 'w'>) => ({
  ...{ bias, groups },
  ...{ stride: stride as unknown as Pair, padding: padding as unknown as Pair, dilation: dilation as unknown as Pair },
});

/** Sizes for which something comes out. */
function drawImage(
  draw: Draw,
): Omit<Image, 'x' | 'w' | 'bias'> & { readonly image: number[]; readonly kernel: number[]; readonly inner: number } {
  const [kernel, dilation, padding] = [couple(draw, 1, 3), couple(draw, 1, 2), couple(draw, 0, 2)];
  const image = kernel.map((n, i) => Math.max(1, dilation[i] * (n - 1) + 1 - 2 * padding[i]) + draw.integer(0, 3));
  return { image, kernel, dilation, padding, stride: couple(draw, 1, 3), groups: draw.integer(1, 2), inner: draw.integer(1, 4) };
}

/** Of each place of a result, its sum over the window and the absolute values in it. */
const bySums = (shape: readonly number[], at: (places: readonly number[]) => readonly [number, number]): Expected =>
  expected(
    shape,
    (i) => at(placesOf(shape, i))[0],
    (i) => at(placesOf(shape, i))[1],
  );

/**
 * What a weight makes of padding: nothing, or a product with 0, which differ where it is NaN or infinite. PyTorch does
 * either, by its backend.
 */
type OfPadding = (weight: number) => number;
const NOTHING: OfPadding = () => 0;
const PRODUCT: OfPadding = (weight) => 0 * weight;

function convolved({ x, w, bias, stride, padding, dilation, groups }: Image, ofPadding = NOTHING): Expected {
  const [batch, height, width, channels] = x.shape;
  const [filters, rows, columns, inner] = w.shape;
  const out = [height, width].map((n, i) => Math.floor((n + 2 * padding[i] - dilation[i] * ([rows, columns][i] - 1) - 1) / stride[i]) + 1);
  return bySums([batch, ...out, filters], ([b, v, u, f]) => {
    const group = Math.floor(f / (filters / groups));
    const [sum, magnitude] = sums(rows * columns * inner, (k) => {
      const [i, j, c] = placesOf([rows, columns, inner], k);
      const [y, z] = [v * stride[0] + i * dilation[0] - padding[0], u * stride[1] + j * dilation[1] - padding[1]];
      const inside = y >= 0 && y < height && z >= 0 && z < width;
      const weight = w.data[((f * rows + i) * columns + j) * inner + c];
      return inside ? x.data[((b * height + y) * width + z) * channels + group * inner + c] * weight : ofPadding(weight);
    });
    const added = bias?.data[f] ?? 0;
    return [sum + added, magnitude + finite(added)];
  });
}

type Transposed = Image & { readonly extra: readonly number[] };

function transposed({ x, w, bias, stride, padding, dilation, groups, extra }: Transposed, ofPadding = NOTHING): Expected {
  const [batch, height, width, channels] = x.shape;
  const [, rows, columns, inner] = w.shape;
  const out = [height, width].map((n, i) => (n - 1) * stride[i] - 2 * padding[i] + dilation[i] * ([rows, columns][i] - 1) + extra[i] + 1);
  const taken = channels / groups;
  return bySums([batch, ...out, inner * groups], ([b, y, z, f]) => {
    const [group, within] = [Math.floor(f / inner), f % inner];
    const [sum, magnitude] = sums(rows * columns * taken, (k) => {
      const [i, j, c] = placesOf([rows, columns, taken], k);
      const [v, u] = [(y + padding[0] - i * dilation[0]) / stride[0], (z + padding[1] - j * dilation[1]) / stride[1]];
      const inside = Number.isInteger(v) && Number.isInteger(u) && v >= 0 && v < height && u >= 0 && u < width;
      const channel = group * taken + c;
      const weight = w.data[((channel * rows + i) * columns + j) * inner + within];
      return inside ? x.data[((b * height + v) * width + u) * channels + channel] * weight : ofPadding(weight);
    });
    const added = bias?.data[f] ?? 0;
    return [sum + added, magnitude + finite(added)];
  });
}

type Pooling = {
  readonly x: Host;
  readonly window: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
};

function drawPooling(draw: Draw): Pooling {
  const window = couple(draw, 1, 3);
  const padding = window.map((n) => draw.integer(0, Math.floor(n / 2)));
  const image = window.map((n) => n + draw.integer(0, 3));
  return { x: draw.f32([draw.size(3), ...image, draw.size(5, 1)], 'special'), window, padding, stride: couple(draw, 1, 3) };
}

/** Of each window, what `f` makes of the elements of x in it and of how many places are in it, padding included. */
function pooled(
  { x, window, stride, padding }: Pooling,
  f: (values: readonly number[], places: number) => readonly [number, number],
): Expected {
  const [batch, height, width, channels] = x.shape;
  const out = [height, width].map((n, i) => Math.floor((n + 2 * padding[i] - window[i]) / stride[i]) + 1);
  return bySums([batch, ...out, channels], ([b, v, u, c]) => {
    const values: number[] = [];
    for (let i = 0; i < window[0]; i++)
      for (let j = 0; j < window[1]; j++) {
        const [y, z] = [v * stride[0] + i - padding[0], u * stride[1] + j - padding[1]];
        if (y >= 0 && y < height && z >= 0 && z < width) values.push(x.data[((b * height + y) * width + z) * channels + c]);
      }
    return f(values, window[0] * window[1]);
  });
}

const total = (values: readonly number[], count: number): readonly [number, number] => {
  const [sum, magnitude] = sums(values.length, (k) => values[k]);
  return [sum / count, magnitude];
};
const pair = (list: readonly number[]): Pair => list as unknown as Pair;

type Causal = { readonly x: Host; readonly w: Host; readonly bias: Host | undefined };

type CausalRows = Causal & { readonly lengths: Host | undefined };

function causal({ x, w, bias, lengths }: CausalRows, ofPadding = NOTHING): Expected {
  const [, time, width] = x.shape;
  const taps = w.shape[0];
  return bySums(x.shape, ([b, t, c]) => {
    if (lengths && t >= lengths.data[b]) return [0, 0];
    const from = t - taps + 1;
    const [sum, magnitude] = sums(taps, (j) => {
      const weight = w.data[j * width + c];
      return from + j < 0 ? ofPadding(weight) : weight * x.data[(b * time + from + j) * width + c];
    });
    const added = bias?.data[c] ?? 0;
    return [sum + added, magnitude + finite(added)];
  });
}

export const images: Rows = {
  convolution2d: row<Image>({
    tolerance: 2e-6,
    gradients: ['x', 'w', 'bias'],
    draw: (draw) => {
      const { image, kernel, inner, ...rest } = drawImage(draw);
      const filters = rest.groups * draw.integer(1, 4);
      const bias = draw.bool() ? draw.f32([filters], 'huge') : undefined;
      const x = draw.f32([draw.size(3), ...image, rest.groups * inner], 'huge');
      return { ...rest, x, w: draw.f32([filters, ...kernel, inner], 'huge'), bias };
    },
    run: ({ x, w, ...rest }) => ({ y: ops.convolution2d(x, w, options(rest)) }),
    reference: (given) => ({ y: convolved(given) }),
    alternative: (given) => ({ y: convolved(given, PRODUCT) }),
    mistakes: { 'groups that do not divide': (given) => ({ ...given, groups: given.x.shape[3] + 1 }) },
  }),
  transposedConvolution2d: row<Transposed>({
    tolerance: 2e-6,
    gradients: ['x', 'w', 'bias'],
    draw: (draw) => {
      const { image, kernel, inner, padding: _, ...rest } = drawImage(draw);
      const filters = draw.integer(1, 4);
      // No more padding than leaves a place.
      const reach = kernel.map((n, i) => (image[i] - 1) * rest.stride[i] + rest.dilation[i] * (n - 1));
      const padding = reach.map((n) => draw.integer(0, Math.min(2, Math.floor(n / 2))));
      const extra = rest.stride.map((n, i) => draw.integer(0, Math.max(n, rest.dilation[i]) - 1));
      const bias = draw.bool() ? draw.f32([filters * rest.groups], 'special') : undefined;
      const x = draw.f32([draw.size(3), ...image, rest.groups * inner], 'special');
      return { ...rest, padding, extra, x, w: draw.f32([rest.groups * inner, ...kernel, filters], 'special'), bias };
    },
    run: ({ x, w, extra, ...rest }) => ({
      y: ops.transposedConvolution2d(x, w, { ...options(rest), outputPadding: pair(extra) }),
    }),
    reference: (given) => ({ y: transposed(given) }),
    alternative: (given) => ({ y: transposed(given, PRODUCT) }),
  }),
  maxPool2d: row<Pooling>({
    tolerance: 0,
    gradients: ['x'],
    draw: drawPooling,
    run: ({ x, window, stride, padding }) => ({ y: ops.maxPool2d(x, pair(window), { stride: pair(stride), padding: pair(padding) }) }),
    reference: (given) => ({ y: pooled(given, (values) => [Math.max(...values), Math.max(...values.map(finite))]) }),
    mistakes: { 'padding of a whole window': (given) => ({ ...given, padding: given.window }) },
  }),
  averagePool2d: row<Pooling & { readonly countPadding: boolean }>({
    tolerance: 2e-6,
    gradients: ['x'],
    draw: (draw) => ({ ...drawPooling(draw), countPadding: draw.bool() }),
    run: ({ x, window, stride, padding, countPadding }) => ({
      y: ops.averagePool2d(x, pair(window), { stride: pair(stride), padding: pair(padding), countPadding }),
    }),
    reference: ({ countPadding, ...given }) => ({
      y: pooled(given, (values, places) => total(values, countPadding ? places : values.length)),
    }),
  }),
  globalAveragePool2d: row<{ x: Host }>({
    tolerance: 2e-6,
    gradients: ['x'],
    draw: (draw) => ({ x: draw.f32([draw.size(3), draw.size(7, 1), draw.size(7, 1), draw.size(9, 1)], 'special') }),
    run: ({ x }) => ({ y: ops.globalAveragePool2d(x) }),
    reference: ({ x }) => {
      const [batch, height, width, channels] = x.shape;
      const values = ([b, c]: readonly number[]): number[] =>
        Array.from({ length: height * width }, (_, k) => x.data[(b * height * width + k) * channels + c]);
      return { y: bySums([batch, channels], (places) => total(values(places), height * width)) };
    },
  }),
  causalConvolution: row<CausalRows>({
    tolerance: 2e-6,
    gradients: ['x', 'w', 'bias'],
    draw: (draw) => {
      const [batch, time, width, taps] = [draw.size(3), draw.size(9), draw.size(9, 1), draw.integer(1, 5)];
      const bias = draw.bool() ? draw.f32([width], 'special') : undefined;
      const lengths = draw.bool() ? draw.u32([batch], 0, time) : undefined;
      return { x: draw.f32([batch, time, width], 'special'), w: draw.f32([taps, width], 'special'), bias, lengths };
    },
    run: ({ x, w, bias, lengths }) => ({ y: ops.causalConvolution(x, w, { bias, lengths }) }),
    reference: (given) => ({ y: causal(given) }),
    alternative: (given) => ({ y: causal(given, PRODUCT) }),
  }),
  causalConvolutionStep: row<Causal & { readonly state: Host }>({
    tolerance: 2e-6,
    gradients: [],
    draw: (draw) => {
      const [batch, width, taps] = [draw.size(3), draw.size(9, 1), draw.integer(2, 5)];
      const bias = draw.bool() ? draw.f32([width], 'special') : undefined;
      const state = draw.f32([batch, taps - 1, width], 'special');
      return { x: draw.f32([batch, width], 'special'), w: draw.f32([taps, width], 'special'), bias, state };
    },
    run: ({ x, w, bias, state }) => ({ y: ops.causalConvolutionStep(x, w, state, { bias }), state }),
    reference: ({ x, w, bias, state }) => {
      const [taps, width] = w.shape;
      const input = (b: number, j: number, c: number): number =>
        j < taps - 1 ? state.data[(b * (taps - 1) + j) * width + c] : x.data[b * width + c];
      const y = bySums(x.shape, ([b, c]) => {
        const [sum, magnitude] = sums(taps, (j) => w.data[j * width + c] * input(b, j, c));
        const added = bias?.data[c] ?? 0;
        return [sum + added, magnitude + finite(added)];
      });
      const moved = (i: number): number => {
        const [b, j, c] = placesOf(state.shape, i);
        return input(b, j + 1, c);
      };
      return { y, state: expected(state.shape, moved) };
    },
  }),
};
