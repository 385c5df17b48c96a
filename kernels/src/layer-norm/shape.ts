/** Sizes of layer normalisation, and what its buffers hold. */

export type LayerNormShape = {
  readonly rows: number;
  /** Elements of a row, all normalised together. */
  readonly width: number;
  /** Added to the variance. */
  readonly eps: number;
  /** 1: gamma and beta are given; 0: both slots hold a dummy. */
  readonly affine: number;
};
export type LayerNormBackwardShape = {
  readonly rows: number;
  readonly width: number;
  readonly affine: number;
  /** 1: `earlier`, a gradient that x has from elsewhere, is added. */
  readonly withEarlier: number;
};
export type LayerNormParametersShape = { readonly rows: number; readonly width: number };

/** Numbers in the buffers of the forward passes. */
export const layerNormLengths = ({ rows, width, affine }: LayerNormShape) => ({
  x: rows * width,
  gamma: affine * width,
  beta: affine * width,
  y: rows * width,
  stats: 2 * rows,
});

/** Numbers in the buffers of the backward passes for x. */
export const layerNormBackwardLengths = ({ rows, width, affine, withEarlier }: LayerNormBackwardShape) => ({
  x: rows * width,
  gamma: affine * width,
  stats: 2 * rows,
  dy: rows * width,
  earlier: withEarlier * rows * width,
  dx: rows * width,
});
