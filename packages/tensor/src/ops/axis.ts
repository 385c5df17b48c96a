/** Tensors seen as [outer, axis, inner] around one of their axes, or around all of them at once. */
import { axisOf } from '../checks.js';
import { type Dimensions, sizeOf, type Tensor } from '../tensor.js';

export interface AxisView {
  readonly outer: number;
  readonly axis: number;
  readonly inner: number;
  /** The shape without the axis; [1] where everything was meant. */
  readonly dropped: Dimensions;
  /** The shape with a 1 in the axis's place: it broadcasts against the tensor. */
  readonly kept: Dimensions;
}

/** @throws ShapeError for an axis that the tensor does not have. */
export function viewAlong(operation: string, x: Tensor, axis: number | undefined): AxisView {
  if (axis === undefined) return { outer: 1, axis: x.size, inner: 1, dropped: [1], kept: x.shape.map(() => 1) };
  const at = axisOf(operation, x.shape, axis);
  return {
    outer: sizeOf(x.shape.slice(0, at)),
    axis: x.shape[at],
    inner: sizeOf(x.shape.slice(at + 1)),
    dropped: x.shape.filter((_, i) => i !== at),
    kept: x.shape.map((n, i) => (i === at ? 1 : n)),
  };
}
