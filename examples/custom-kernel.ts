/**
 * A kernel of one's own with its gradient: snake(x) = x + sin² x (arXiv 2006.08195). `npm run example:kernel` checks it
 * by differences.
 */
import { fileURLToPath } from 'node:url';
import { type Kernel, linearGrid, read, u32, written } from '@coxswain/kernels';
import { gradientErrors, op, sum, type Tensor } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';

const elementwise = (name: string, buffers: Kernel['buffers'], statement: string): Kernel<{ count: number }> => ({
  ...{ name, buffers, uniforms: u32('count'), constants: () => ({ WORKGROUP: 64 }), grid: ({ count }) => linearGrid(count, 64) },
  source: `import fragments::index;
    @compute @workgroup_size(WORKGROUP) fn main(launch: Launch, @builtin(local_invocation_index) lane: u32) {
      let i = indexOf(launch, lane);
      if (i < uniforms.count) { ${statement} }
    }`,
  lengths: ({ count }) => Object.fromEntries(buffers.map((buffer) => [buffer.name, count])),
  cost: ({ count }) => ({ flops: 3 * count, bytes: 4 * buffers.length * count }),
  sample: { count: 1000 },
});
const forward = elementwise('snake', [read('x'), written('y')], 'y[i] = x[i] + sin(x[i]) * sin(x[i]);');
const backward = elementwise('snake/backward', [read('x'), read('dy'), written('dx')], 'dx[i] = dy[i] * (1.0 + sin(2.0 * x[i]));');

function launch(kernel: typeof forward, out: string, tensors: Readonly<Record<'x', Tensor> & Record<string, Tensor>>): Tensor {
  const made = tensors.x.device.empty(tensors.x.shape);
  made.device.dispatch(kernel, { count: made.size }, { ...tensors, [out]: made });
  return made;
}

/** x + sin² x of each element, with a gradient. */
export function snake(x: Tensor): Tensor {
  const y = launch(forward, 'y', { x });
  op('snake', [x], [y], ([dy]) => [launch(backward, 'dx', { x, dy: dy as Tensor })], { saves: [x] });
  return y;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  using device = await requestDevice();
  const x = { data: Float32Array.of(-3, -0.5, 0, 0.25, 2), shape: [5] };
  console.log('error of the gradient:', await gradientErrors(device, { x }, (inputs) => sum(snake(inputs.x))));
}
