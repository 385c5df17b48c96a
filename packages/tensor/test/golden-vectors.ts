/** How each golden vector of PyTorch (`kernels/golden`) is computed by the operations of this package. */
import { readdirSync, readFileSync } from 'node:fs';
import { t5Buckets } from '@coxswain/kernels';
import {
  AdamW,
  add,
  attention,
  backward,
  causalAttention,
  cholesky,
  clippedObjective,
  concat,
  crossEntropy,
  type Device,
  GATE_MODE,
  gaussianKl,
  gaussianLogProb,
  gru,
  HostRandom,
  layerNorm,
  linear,
  maskedMean,
  mean,
  ParameterStore,
  readSafetensors,
  rgLru,
  rmsNorm,
  rnn,
  type SafeTensor,
  type SeparateAttentionOptions,
  scale,
  solvePositiveDefinite,
  steer,
  switchIntegrate,
  type Tensor,
  triangularSolve,
  vicregCovariance,
  vicregInvariance,
  vicregVariance,
} from '../src/index.js';

const folder = new URL('../../../kernels/golden/', import.meta.url);

/** The names of the files in `kernels/golden`, such as `attention` or `odd/attention`, but for a trained model's. */
export const goldenFiles: readonly string[] = readdirSync(folder, { recursive: true })
  .map(String)
  .filter((file) => file.endsWith('.safetensors') && !file.startsWith('trained'))
  .map((file) => file.replace(/\.safetensors$/, ''));

/** `odd/gru` and `more/pooling_odd` are of `gru` and `pooling`. */
export const operationOf = (file: string): string => (file.split('/').at(-1) as string).replace(/_odd$/, '');

/** The tensors of one file, uploaded as they are asked for. */
export class Golden {
  readonly #tensors: ReadonlyMap<string, SafeTensor>;

  /** @param file such as `attention` or `odd/attention`. */
  constructor(
    readonly device: Device,
    file: string,
  ) {
    this.#tensors = readSafetensors(readFileSync(new URL(`${file}.safetensors`, folder))).tensors;
  }

  /** As stored; float64 for what is expected. */
  expected(name: string): SafeTensor {
    const found = this.#tensors.get(name);
    if (!found) throw new Error(`no tensor ${name}; there are ${[...this.#tensors.keys()]}`);
    return found;
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  numbers(name: string): number[] {
    return Array.from(this.expected(name).data as ArrayLike<number>);
  }

  /** @param shape other than the stored one, of as many elements. */
  input(name: string, shape = this.expected(name).shape): Tensor {
    const { data } = this.expected(name);
    const whole = data instanceof Int32Array || data instanceof Uint32Array;
    return this.device.tensor(whole ? data : Float32Array.from(data as ArrayLike<number>), shape);
  }

  /** An input whose gradient is wanted. */
  leaf(name: string, shape?: readonly number[]): Tensor {
    return this.input(name, shape).requireGradient();
  }
}

/** What was computed by the name of the golden tensor that it is held against. */
export type Computed = Record<string, Tensor>;

const gradientOf = ({ gradient }: Tensor): Tensor => {
  if (!gradient) throw new Error('a leaf without a gradient');
  return gradient;
};
const gradients = (leaves: Readonly<Record<string, Tensor>>): Computed =>
  Object.fromEntries(Object.entries(leaves).map(([name, leaf]) => [name, gradientOf(leaf)]));

/** [batch, head, time, headDim] ×3 as one [batch, time, 3·width], and the way back of one of them. */
function joinHeads(parts: readonly SafeTensor[]): Float32Array {
  const [batch, heads, time, headDim] = parts[0].shape;
  const out = new Float32Array(batch * time * parts.length * heads * headDim);
  parts.forEach(({ data }, part) => {
    for (let b = 0; b < batch; b++)
      for (let h = 0; h < heads; h++)
        for (let t = 0; t < time; t++)
          for (let d = 0; d < headDim; d++)
            out[((b * time + t) * parts.length + part) * heads * headDim + h * headDim + d] = Number(
              data[((b * heads + h) * time + t) * headDim + d],
            );
  });
  return out;
}

/** The expectation `name` of joined heads has to be compared in our layout. */
export interface Relaid {
  readonly computed: Computed;
  readonly expected?: Readonly<Record<string, ArrayLike<number>>>;
}

/** Attention with operands apart, heads before time, some queries and keys of each sequence left out. */
const apart = (options: SeparateAttentionOptions) => (g: Golden) => {
  const leaves = { dq: g.leaf('q'), dk: g.leaf('k'), dv: g.leaf('v') };
  const counts = (name: string): Tensor => g.device.tensor(Uint32Array.from(g.numbers(name)));
  const table: Record<string, Tensor> = g.has('bias_table') ? { dbias_table: g.leaf('bias_table') } : {};
  const bias = g.has('bias_table') ? { biasTable: table.dbias_table, bucketOfDistance: counts('bucket') } : {};
  const sequences = { lengths: counts('lengths'), keyLengths: counts('key_lengths') };
  const y = attention(leaves.dq, leaves.dk, leaves.dv, { headsFirst: true, ...sequences, ...bias, ...options });
  backward(y, g.input('dy'));
  return { computed: { y, ...gradients({ ...leaves, ...table }) } };
};

/** Every operation that there is a vector for. */
export const vectors: Readonly<Record<string, (golden: Golden) => Relaid | Promise<Relaid>>> = {
  linear(g) {
    const leaves = { dx: g.leaf('x'), dw: g.leaf('w'), db: g.leaf('b') };
    const y = linear(leaves.dx, leaves.dw, { bias: leaves.db });
    backward(y, g.input('dy'));
    return { computed: { y, ...gradients(leaves) } };
  },
  layer_norm(g) {
    const leaves = { dx: g.leaf('x'), dgamma: g.leaf('gamma'), dbeta: g.leaf('beta') };
    const y = layerNorm(leaves.dx, { gamma: leaves.dgamma, beta: leaves.dbeta, eps: 1e-6 });
    backward(y, g.input('dy'));
    return { computed: { y, ...gradients(leaves) } };
  },
  rms_norm(g) {
    const leaves = { dx: g.leaf('x'), dgamma: g.leaf('gamma') };
    const y = rmsNorm(leaves.dx, { gamma: leaves.dgamma, eps: 1e-6 });
    backward(y, g.input('dy'));
    return { computed: { y, ...gradients(leaves) } };
  },
  t5_bucket(g) {
    const distance = g.numbers('distance');
    const buckets = t5Buckets(distance.length, 32, 128);
    return { computed: { bucket: g.device.tensor(Float32Array.from(buckets)) } };
  },
  attention(g) {
    const [batch, heads, time, headDim] = g.expected('q').shape;
    const width = heads * headDim;
    const qkv = g.device.tensor(joinHeads(['q', 'k', 'v'].map((name) => g.expected(name))), [batch, time, 3 * width]).requireGradient();
    const biasTable = g.leaf('bias_table');
    const bucketOfDistance = g.device.tensor(Uint32Array.from(t5Buckets(time, 32, 128)));
    const y = causalAttention(qkv, { heads, biasTable, bucketOfDistance });
    backward(y, g.device.tensor(joinHeads([g.expected('dy')]), [batch, time, width]));
    return {
      computed: { y, dqkv: gradientOf(qkv), dbias_table: gradientOf(biasTable) },
      expected: { y: joinHeads([g.expected('y')]), dqkv: joinHeads(['dq', 'dk', 'dv'].map((name) => g.expected(name))) },
    };
  },
  gru(g) {
    const leaves = {
      dx: g.leaf('x'),
      dh0: g.leaf('h0'),
      dw_ih: g.leaf('w_ih'),
      dw_hh: g.leaf('w_hh'),
      db_ih: g.leaf('b_ih'),
      db_hh: g.leaf('b_hh'),
    };
    const [batch, time, inputs] = leaves.dx.shape;
    const gates = linear(leaves.dx.reshape([batch * time, inputs]), leaves.dw_ih, { bias: leaves.db_ih });
    const h = gru(gates.reshape([batch, time, gates.shape[1]]), leaves.dw_hh, leaves.db_hh, { h0: leaves.dh0 });
    backward(h, g.input('dy'));
    return { computed: { h, ...gradients(leaves) } };
  },
  rg_lru(g) {
    const leaves = { dx: g.leaf('x'), dr: g.leaf('r'), di: g.leaf('i'), dlam: g.leaf('lam'), dh0: g.leaf('h0') };
    const h = rgLru({ x: leaves.dx, gates: concat([leaves.dr, leaves.di], 2), lambda: leaves.dlam, h0: leaves.dh0 });
    backward(h, g.input('dy'));
    return { computed: { h, ...gradients(leaves) } };
  },
  /** The vector's bias matrices are our last term; its B is stored [width, rank] where ours holds rows to write. */
  low_rank_steering(g) {
    const [hidden] = g.expected('w1').shape;
    const [, width] = g.expected('e').shape;
    const rank = g.expected('ba').data.length / width;
    const terms = hidden + 1;
    const rows = (weight: ArrayLike<number>, bias: ArrayLike<number>, at: (r: number, d: number) => number): Float32Array => {
      const out = new Float32Array(terms * rank * width);
      for (let j = 0; j < terms; j++)
        for (let r = 0; r < rank; r++)
          for (let d = 0; d < width; d++)
            out[(j * rank + r) * width + d] = Number(j < hidden ? weight[at(r, d) * hidden + j] : bias[at(r, d)]);
      return out;
    };
    const numbers = (name: string): number[] => g.numbers(name);
    const [alongA, alongB] = [(r: number, d: number) => r * width + d, (r: number, d: number) => d * rank + r];
    const matrix = (values: Float32Array): Tensor => g.device.tensor(values, [terms * rank, width]).requireGradient();
    const leaves = { de: g.leaf('e'), dz: g.leaf('z'), dw1: g.leaf('w1'), db1: g.leaf('b1') };
    const [a, b] = [matrix(rows(numbers('wa'), numbers('ba'), alongA)), matrix(rows(numbers('wb'), numbers('bb'), alongB))];
    const c = linear(leaves.dz, leaves.dw1, { bias: leaves.db1, relu: true });
    const y = steer(leaves.de, c, a, b, rank);
    backward(y, g.input('dy'));
    return {
      computed: { y, ...gradients(leaves), da: gradientOf(a), db: gradientOf(b) },
      expected: { da: rows(numbers('dwa'), numbers('dba'), alongA), db: rows(numbers('dwb'), numbers('dbb'), alongB) },
    };
  },
  /** Its switch is linear in z: two units whose rectified parts are subtracted are. */
  temporal_integration(g) {
    const [batch, time, latent] = g.expected('x_tilde').shape;
    const leaves = { dx_tilde: g.leaf('x_tilde'), du: g.leaf('u'), dv: g.leaf('v') };
    const u = leaves.du.reshape([batch, time, 1]);
    const v = leaves.dv.reshape([1, latent]);
    const both = (x: Tensor, axis: number): Tensor => concat([x, scale(x, -1)], axis);
    const { z, beta } = switchIntegrate({
      proposal: leaves.dx_tilde,
      pre: both(u, 2),
      wz: both(v, 0),
      w2: g.device.tensor(Float32Array.of(1, -1)),
      b2: g.device.tensor(Float32Array.of(0)),
      control: g.device.tensor(Float32Array.of(GATE_MODE.soft, 1, 0)),
      firstOpen: false,
    });
    backward(z, g.input('dy'));
    return { computed: { z, beta, ...gradients(leaves) } };
  },
  cross_entropy(g) {
    const leaves = { dlogits: g.leaf('logits') };
    const loss = maskedMean(crossEntropy(leaves.dlogits, g.input('target')), g.input('mask'));
    backward(loss);
    return { computed: { loss, ...gradients(leaves) } };
  },
  gaussian_kl(g) {
    const [mu, logVariance] = [g.leaf('mu'), g.leaf('log_var')];
    const kl = gaussianKl(mu, scale(logVariance, 0.5));
    backward(mean(kl));
    return { computed: { kl, ...gradients({ dmu: mu, dlog_var: logVariance }) } };
  },
  gaussian_log_prob(g) {
    const [mu, logVariance] = [g.leaf('mu'), g.leaf('log_var')];
    const logProb = gaussianLogProb(g.input('action'), mu, scale(logVariance, 0.5));
    backward(mean(logProb));
    return { computed: { log_prob: logProb, ...gradients({ dmu: mu, dlog_var: logVariance }) } };
  },
  ppo_clip(g) {
    const leaves = { dlogp_new: g.leaf('logp_new') };
    const loss = maskedMean(clippedObjective(leaves.dlogp_new, g.input('logp_old'), g.input('advantage'), { clip: 0.2 }), g.input('mask'));
    backward(loss);
    return { computed: { loss, ...gradients(leaves) } };
  },
  attention_bidirectional: apart({}),
  attention_cross: apart({}),
  attention_grouped: apart({ mask: 'causal' }),
  attention_window: apart({ mask: 'causal', offset: 5, window: 4 }),
  rnn(g) {
    const leaves = { dx: g.leaf('x'), dh0: g.leaf('h0'), dw_hh: g.leaf('w_hh'), db_hh: g.leaf('b_hh') };
    const h = rnn(leaves.dx, leaves.dw_hh, leaves.db_hh, { h0: leaves.dh0 });
    backward(h, g.input('dy'));
    return { computed: { h, ...gradients(leaves) } };
  },
  /** Weights 25, 25, 1; the variance term is halved, once for each of the two embeddings. */
  vicreg(g) {
    const leaves = { dza: g.leaf('za'), dzb: g.leaf('zb') };
    const [za, zb] = [leaves.dza, leaves.dzb];
    const invariance = vicregInvariance(za, zb);
    const variance = scale(add(vicregVariance(za), vicregVariance(zb)), 0.5);
    const covariance = add(vicregCovariance(za), vicregCovariance(zb));
    const loss = add(add(scale(invariance, 25), scale(variance, 25)), covariance);
    backward(loss);
    return { computed: { invariance, variance, covariance, loss, ...gradients(leaves) } };
  },
  cholesky(g) {
    const [a, b] = [g.leaf('a'), g.leaf('b')];
    const l = cholesky(a);
    backward(l, g.input('dl'));
    const [t, right] = [g.leaf('t'), g.leaf('b')];
    const x = triangularSolve(t, right);
    backward(x, g.input('dx'));
    const [u, other] = [g.leaf('t'), g.leaf('b')];
    const xt = triangularSolve(u, other, { transpose: true });
    backward(xt, g.input('dt'));
    const system = g.leaf('a');
    const s = solvePositiveDefinite(system, b);
    backward(s, g.input('ds'));
    return {
      computed: {
        l,
        x,
        xt,
        s,
        ...gradients({ da: a, solve_dl: t, solve_db: right, transposed_dl: u, transposed_db: other, system_da: system, system_db: b }),
      },
    };
  },
  async adamw(g) {
    const { device } = g;
    const [steps, count] = g.expected('grad').shape;
    const store = new ParameterStore(device);
    const p = store.declare('p', [count], (values) => values.set(g.numbers('p')));
    store.finish(new HostRandom(1));
    const optimiser = new AdamW(store, { weightDecay: 0.03 });
    const all = Float32Array.from(g.numbers('grad'));
    const after = new Float32Array(steps * count);
    for (let step = 0; step < steps; step++) {
      gradientOf(p).write(all.slice(step * count, (step + 1) * count));
      optimiser.prepare(1e-2);
      optimiser.apply();
      after.set(await p.read(), step * count);
    }
    optimiser.dispose();
    store.dispose();
    return { computed: { p_after: device.tensor(after) } };
  },
};
