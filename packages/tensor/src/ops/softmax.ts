/** Probabilities of each row's classes, and their logarithms. */
import { logSoftmaxBackward, logSoftmax as logSoftmaxKernel, softmaxBackward, softmax as softmaxKernel } from '@coxswain/kernels';
import { op } from '../autograd.js';
import { ShapeError } from '../errors.js';
import { sizeOf, type Tensor } from '../tensor.js';

function alongLastAxis(name: string, x: Tensor, forward: typeof softmaxKernel, backward: typeof softmaxBackward): Tensor<'f32'> {
  const { device } = x;
  const classes = x.shape.at(-1);
  if (!classes) throw new ShapeError(name, `shape [${x.shape}]`, 'at least one class along the last axis');
  const shape = { rows: sizeOf(x.shape.slice(0, -1)), classes };
  const out = device.empty(x.shape);
  device.dispatch(forward, shape, { x, out });
  const toInput = (dout: Tensor): Tensor => {
    const dx = device.empty(x.shape);
    device.dispatch(backward, shape, { y: out, dout, dx });
    return dx;
  };
  op(name, [x], [out], ([dout]) => [toInput(dout as Tensor)], { saves: [out] });
  return out;
}

/**
 * exp(x) / Σ exp(x) along the last axis.
 * @param x [..., classes]
 * @returns [..., classes]
 */
export const softmax = (x: Tensor): Tensor<'f32'> => alongLastAxis('softmax', x, softmaxKernel, softmaxBackward);

/**
 * x − log Σ exp(x) along the last axis, in nats.
 * @param x [..., classes]
 * @returns [..., classes]
 */
export const logSoftmax = (x: Tensor): Tensor<'f32'> => alongLastAxis('logSoftmax', x, logSoftmaxKernel, logSoftmaxBackward);
