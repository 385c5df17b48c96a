import { gruBackwardReference, gruForwardReference, matmulReference, PLAIN_PRODUCT } from '@coxswain/kernels';
import { backward, gru, linear } from '@coxswain/tensor';
import { type Case, type Inputs, noise, watched } from '../case.js';
import type { JaxArray } from '../peers/jax.js';
import type { TfjsTensor } from '../peers/tfjs.js';

export const BATCH = 256;
export const INPUTS = 64;
export const HIDDEN = 32;
export const GATES = 3 * HIDDEN;

const product = (m: number, k: number, n: number, transposeA: number, transposeB: number, a: ArrayLike<number>, b: ArrayLike<number>) =>
  matmulReference({ ...PLAIN_PRODUCT, m, n, k, transposeA, transposeB }, a, b);

/** y, dx, dW_ih and dW_hh in float64. */
function reference({ x, wih, whh, bih, bhh, dy }: Inputs, time: number): Float64Array[] {
  const rows = BATCH * time;
  const gates = product(rows, INPUTS, GATES, 0, 1, x.data, wih.data).map((value, i) => value + bih.data[i % GATES]);
  const shape = { batch: BATCH, time, hidden: HIDDEN, withLengths: 0, reverse: 0, rows: 0, initial: 0, save: 1 } as const;
  const forward = gruForwardReference(shape, { gates, whh: whh.data, bhh: bhh.data, h0: [], lengths: [] });
  const { dgates, dgatesHidden } = gruBackwardReference(shape, { dy: dy.data, whh: whh.data, ...forward, lengths: [] });
  return [
    forward.out,
    product(rows, GATES, INPUTS, 0, 0, dgates, wih.data),
    product(GATES, rows, INPUTS, 1, 0, dgates, x.data),
    product(GATES, rows, HIDDEN, 1, 0, dgatesHidden, forward.previous),
  ];
}

/** A sequence, and the weights that it is run through. */
export const gruInputs = (time: number) => ({
  x: noise(1, [BATCH, time, INPUTS]),
  wih: noise(2, [GATES, INPUTS], 0.15),
  whh: noise(3, [GATES, HIDDEN], 0.15),
  bih: noise(4, [GATES], 0.15),
  bhh: noise(5, [GATES], 0.15),
});

function gruCase(time: number): Case {
  return {
    name: 'GRU forward + backward',
    shape: `B${BATCH} T${time} ${INPUTS}→${HIDDEN}`,
    inputs: () => ({ ...gruInputs(time), dy: noise(6, [BATCH, time, HIDDEN]) }),
    reference: (inputs) => reference(inputs, time),
    tolerance: 1e-4,
    torch: 'gruGradient',
    ours: ({ x, wih, whh, bih, bhh, dy }) => {
      const input = watched(x.reshape([BATCH * time, INPUTS]));
      const [inner, recurrent] = [watched(wih), watched(whh)];
      const gates = linear(input.x, inner.x, { bias: bih }).reshape([BATCH, time, GATES]);
      const y = gru(gates, recurrent.x, bhh);
      backward(y, dy);
      return [y.detach(), input.gradient(), inner.gradient(), recurrent.gradient()];
    },
    // Neither peer has a recurrence that it differentiates in one piece: the loop is written out, as their examples do.
    jax: ({ numpy: np, nn, valueAndGrad }, x, wih, whh, bih, bhh, dy) => {
      const loss = (x: JaxArray, wih: JaxArray, whh: JaxArray): [JaxArray, JaxArray] => {
        const gates = np
          .matmul(x.reshape([BATCH * time, INPUTS]), np.transpose(wih))
          .add(bih)
          .reshape([BATCH, time, GATES]);
        const steps = np.split(gates, time, 1);
        const weight = np.transpose(whh);
        let h = np.zeros([BATCH, HIDDEN]);
        const states: JaxArray[] = [];
        for (const step of steps) {
          const [ir, iz, inner] = np.split(step.reshape([BATCH, GATES]), 3, 1);
          const [hr, hz, hn] = np.split(np.matmul(h.ref, weight.ref).add(bhh.ref), 3, 1);
          const r = nn.sigmoid(ir.add(hr));
          const z = nn.sigmoid(iz.add(hz));
          const candidate = np.tanh(inner.add(r.mul(hn)));
          h = candidate.ref.add(z.mul(h.sub(candidate)));
          states.push(h.ref);
        }
        h.dispose();
        weight.dispose();
        const y = np.stack(states, 1);
        return [np.sum(y.ref.mul(dy)), y];
      };
      const [[total, y], gradients] = valueAndGrad(loss, { argnums: [0, 1, 2], hasAux: true })(x, wih, whh);
      (total as JaxArray).dispose();
      bhh.dispose();
      return [y, ...gradients] as JaxArray[];
    },
    tfjs: (tf, x, wih, whh, bih, bhh, dy) => {
      let y: TfjsTensor | undefined;
      const forward = (x: TfjsTensor, wih: TfjsTensor, whh: TfjsTensor): TfjsTensor => {
        const flat = tf.add(tf.matMul(tf.reshape(x, [BATCH * time, INPUTS]) as never, wih as never, false, true), bih);
        const steps = tf.unstack(tf.reshape(flat, [BATCH, time, GATES]), 1);
        let h: TfjsTensor = tf.zeros([BATCH, HIDDEN]);
        const states: TfjsTensor[] = [];
        for (const step of steps) {
          const [ir, iz, inner] = tf.split(step, 3, 1);
          const [hr, hz, hn] = tf.split(tf.add(tf.matMul(h as never, whh as never, false, true), bhh), 3, 1);
          const r = tf.sigmoid(tf.add(ir, hr));
          const z = tf.sigmoid(tf.add(iz, hz));
          const candidate = tf.tanh(tf.add(inner, tf.mul(r, hn)));
          h = tf.add(candidate, tf.mul(z, tf.sub(h, candidate)));
          states.push(h);
        }
        y = tf.keep(tf.stack(states, 1));
        return y;
      };
      const gradients = tf.grads(forward)([x, wih, whh], dy);
      return [y as TfjsTensor, ...gradients];
    },
  };
}

export const gruCases: readonly Case[] = [32, 100].map(gruCase);
