import { outOfRange, requireSize } from '@coxswain/base';
import {
  add,
  besidePrevious,
  clamp,
  concat,
  div,
  fanIn,
  gaussianPosterior,
  gru,
  Linear,
  linear,
  log,
  logSoftmax,
  mul,
  noGrad,
  type ParameterStore,
  philoxUniform,
  type RandomState,
  relu,
  ShapeError,
  scale,
  slice,
  softmax,
  sub,
  sum,
  type Tensor,
} from '@coxswain/tensor';
import type { SequenceModel, SequenceSize } from '@coxswain/transformer';
import type { SteeringConfig } from './config.js';
import { type CodeGenerator, type Discovery, type DiscoveryInputs, LOG_SIGMA } from './metacontroller.js';
import { Steering } from './steering.js';

/** Sizes and priors of CompILE (arXiv 1812.01483, §3; the values of arXiv 2512.20605 in brackets). */
export interface CompileConfig extends SteeringConfig {
  /** Most segments of an episode, M [4]. */
  readonly segments: number;
  /** Width of its recurrent network. */
  readonly recurrent: number;
  /** Hidden units of the heads for boundaries and codes. */
  readonly encoder: number;
  /** Rate of the Poisson prior over a boundary's place [10]. */
  readonly priorLength: number;
  /** Weight α_β of the boundaries' KL [0.003 … 1]. */
  readonly alphaBoundary: number;
}

/** Two layers that read its states. */
interface Head {
  readonly hidden: Linear;
  readonly out: Linear;
}

/** No probability at all, as a logit. */
const NEVER = -1e9;
/** The probability that stands for none where a logarithm is taken. */
const FORGOTTEN = 1e-9;

/**
 * CompILE (Kipf et al. 2019, arXiv 1812.01483) as the code generator: the baseline of arXiv 2512.20605, §5. An episode
 * is cut into at most M segments, one after the other: a recurrent network that has forgotten all before the last
 * boundary gives a distribution over the next one (Gumbel-softmax, prior: Poisson) and, read out there, the segment's
 * code (prior: standard normal). The boundaries' soft masks mix the codes of the segments into a code for every step,
 * which steers the model as any other does.
 *
 * It reads the observations through a copy of the base's first half, which learns along. At test time a switch like the
 * metacontroller's ends a segment; here it learns by itself to predict the boundaries that were found, as the paper's
 * termination policy does. The temperature of the Gumbel-softmax is that of the gate.
 */
export class Compile extends Steering implements CodeGenerator {
  /** The copy of the base's first half; `startFrom` fills it. */
  readonly reader: SequenceModel;
  readonly #segment: Readonly<Record<'wih' | 'whh' | 'bias', Tensor>>;
  readonly #boundary: Head;
  readonly #code: Head;

  /**
   * Declares the parameters in `store` (call `store.finish`, then `startFrom`).
   * @param base what it is going to steer, after block `layer`.
   */
  constructor(
    store: ParameterStore,
    override readonly config: CompileConfig,
    base: SequenceModel,
    readonly layer: number,
  ) {
    super(store, config);
    const { width, recurrent, encoder, latent, segments, priorLength } = config;
    for (const name of ['recurrent', 'encoder', 'segments'] as const) requireSize(name, config[name]);
    if (!(priorLength > 0)) throw outOfRange('priorLength', priorLength, 'a positive number');
    if (segments < 2) throw outOfRange('segments', segments, 'at least 2');
    this.reader = base.declareIn(store, layer);
    this.#segment = {
      wih: store.declare('segment.weight_ih', [3 * recurrent, width], fanIn(recurrent)),
      whh: store.declare('segment.weight_hh', [3 * recurrent, recurrent], fanIn(recurrent)),
      bias: store.declare('segment.bias', [3 * recurrent], fanIn(recurrent)),
    };
    const head = (name: string, outputs: number): Head => ({
      hidden: new Linear(store, `${name}.0`, recurrent, encoder),
      out: new Linear(store, `${name}.2`, encoder, outputs),
    });
    this.#boundary = head('boundary', 1);
    this.#code = head('code', 2 * latent);
  }

  /** Copies the base's first half. */
  startFrom(base: SequenceModel): void {
    for (const name of this.store.names) if (base.store.names.includes(name)) this.device.copy(base.store.get(name), this.store.get(name));
  }

  codeNoise({ batch }: SequenceSize): readonly number[] {
    return [this.config.segments * batch, this.config.latent];
  }

  /** Gumbel noise [segments − 1, batch, time + 1]. */
  gateNoise(random: RandomState, stream: number, { batch, time }: SequenceSize): Tensor {
    const uniform = philoxUniform(random, stream, [this.config.segments - 1, batch, time + 1]);
    return scale(log(scale(log(uniform), -1)), -1);
  }

  discover({ residual, observation, mask, control, noise, gateNoise }: DiscoveryInputs, { batch, time }: SequenceSize): Discovery {
    if (!observation || !mask)
      throw new ShapeError('Compile.discover', 'no observations or no mask', 'both: it reads the episodes themselves');
    const { segments, latent, alphaBoundary, recurrent } = this.config;
    const { device } = this;
    const whole = time + 1;
    const x = this.read(this.reader.blocks(this.reader.embed(observation), { batch, time: whole }));
    const gates = linear(x, this.#segment.wih, { bias: this.#segment.bias }).reshape([batch, whole, 3 * recurrent]);
    const places = boundaryPlaces(mask, batch, time, this.config.priorLength);
    const temperature = slice(control, 0, 1, 2);
    const none = device.zeros([batch, 1]);
    const upTo = device.tensor(lowerTriangle(whole), [whole, whole]);
    const first = device.tensor(
      Float32Array.from({ length: whole }, (_, t) => (t === 0 ? 1 : 0)),
      [1, whole],
    );
    const rowsOf = (tensor: Tensor, i: number, shape: number[]): Tensor => noGrad(() => slice(tensor, 0, i, i + shape[0]).reshape(shape));

    // Of the segment at hand: the probability that it has begun at each step, and that it begins there.
    let begun: Tensor | undefined;
    let begins: Tensor = first;
    let z: Tensor | undefined;
    let kl: Tensor | undefined;
    let boundaryKl: Tensor | undefined;
    let open: Tensor = first;
    const posteriors: { mu: Tensor; logSigma: Tensor }[] = [];
    const sumUp = (total: Tensor | undefined, part: Tensor): Tensor => (total ? add(total, part) : part);
    for (let i = 0; i < segments; i++) {
      const states = encodeFrom(this.#segment.whh, gates, begun);
      let boundary = places.last;
      if (i < segments - 1) {
        const logits = add(this.#head(this.#boundary, states).reshape([batch, whole]), places.allowed);
        const perturbed = gateNoise ? add(logits, rowsOf(gateNoise, i, [1, batch, whole]).reshape([batch, whole])) : logits;
        boundary = softmax(div(perturbed, temperature));
        boundaryKl = sumUp(boundaryKl, sum(mul(softmax(logits), sub(logSoftmax(logits), places.prior)), 1));
      }
      // The code of a segment is read where its boundary is, one step before: that far the network has seen it.
      const at = slice(boundary, 1, 1, whole).reshape([batch, time, 1]);
      const readout = sum(mul(slice(states, 1, 0, time), at), 1).reshape([batch, recurrent]);
      const own = noise && rowsOf(noise, i * batch, [batch, latent]);
      const posterior = gaussianPosterior(this.#head(this.#code, readout), LOG_SIGMA, own);
      posteriors.push(posterior);
      const ended = linear(boundary, upTo);
      const rest = scale(ended, -1, 1);
      const share = slice(begun ? mul(begun, rest) : rest, 1, 0, time).reshape([batch, time, 1]);
      z = sumUp(z, mul(share, posterior.sample.reshape([batch, 1, latent])));
      // A segment's KL stands where it begins: one that begins at an episode's end, where nothing is left, costs
      // nothing.
      kl = sumUp(kl, mul(slice(begins, 1, 0, time), posterior.kl.reshape([batch, 1])));
      begun = begun ? mul(begun, ended) : ended;
      begins = sub(begun, concat([none, slice(begun, 1, 0, time)], 1));
      if (i < segments - 1) open = add(open, begins);
    }
    if (!z || !kl || !boundaryKl) throw new ShapeError('Compile.discover', `${segments} segments`, 'at least 2');
    const beta = clamp(slice(open, 1, 0, time), 0, 1);
    const termination = this.#termination(residual, z, beta, batch, time);
    const start = slice(first, 1, 0, time);
    const further = add(mul(scale(boundaryKl.reshape([batch, 1]), alphaBoundary), start), mul(termination, scale(start, -1, 1)));
    const codes = z.reshape([batch * time, latent]);
    const e = noGrad(() =>
      slice(residual.reshape([batch, whole, this.config.width]), 1, 0, time).reshape([batch * time, this.config.width]),
    );
    return {
      mu: concat(
        posteriors.map((posterior) => posterior.mu),
        0,
      ),
      logSigma: concat(
        posteriors.map((posterior) => posterior.logSigma),
        0,
      ),
      kl: kl.reshape([batch * time]),
      z: codes,
      beta,
      steered: this.steer(codes, e),
      further: further.reshape([batch * time]),
    };
  }

  #head({ hidden, out }: Head, x: Tensor): Tensor {
    return out.forward(relu(hidden.forward(x.reshape([x.size / this.config.recurrent, this.config.recurrent]))));
  }

  /**
   * −log p of the boundaries under the switch that will stand in for them, nats a step [batch, time]; they learn
   * nothing from it.
   */
  #termination(residual: Tensor, z: Tensor, beta: Tensor, batch: number, time: number): Tensor {
    const { width, history, latent } = this.config;
    const { device } = this;
    const x = noGrad(() => this.read(residual));
    const h = this.remember(x, batch, time + 1);
    const context = besidePrevious(x.reshape([batch, time + 1, width]), h, time).reshape([batch * time, width + history]);
    const [previous, target] = noGrad(() => {
      const open = beta.reshape([batch * time, 1]);
      const held = time > 1 ? [device.zeros([batch, 1, latent]), slice(z.detach(), 1, 0, time - 1)] : [device.zeros([batch, 1, latent])];
      return [concat(held, 1).reshape([batch * time, latent]), concat([scale(open.detach(), -1, 1), open.detach()], 1)];
    });
    const logit = this.switchLogit(context, previous);
    const both = logSoftmax(concat([device.zeros([batch * time, 1]), logit], 1));
    return scale(sum(mul(both, target), 1), -1).reshape([batch, time]);
  }

  /** Frees what the reader holds besides its parameters. */
  dispose(): void {
    this.reader.dispose();
  }
}

/**
 * The states of the recurrent network for a segment that has begun at step t with probability `begun` [batch, time]:
 * nothing before it is remembered. Where the paper multiplies the state by the mask, the gates that would let it
 * through are closed by the mask's logarithm: one launch for all steps. A segment's first state is then made of its
 * first input alone, as it is where the state is 0.
 * @param whh [3·size, size]
 * @param gates [batch, time, 3·size]
 */
export function encodeFrom(whh: Tensor, gates: Tensor, begun: Tensor | undefined): Tensor {
  const { device } = gates;
  const [batch, time, three] = gates.shape;
  const bhh = device.zeros([three]);
  if (!begun) return gru(gates, whh, bhh);
  const before = concat([device.zeros([batch, 1]), slice(begun, 1, 0, time - 1)], 1).reshape([batch, time, 1, 1]);
  const remembering = device.tensor(Float32Array.of(1, 1, 0), [1, 1, 3, 1]);
  const closed = mul(log(clamp(before, FORGOTTEN, 1)), remembering);
  const masked = add(gates.reshape([batch, time, 3, three / 3]), closed).reshape([batch, time, three]);
  return mul(gru(masked, whh, bhh), begun.reshape([batch, time, 1]));
}

/**
 * Where boundaries may lie: behind the first step, up to the final observation.
 * @returns `allowed` [batch, time + 1] added to logits, `last` the boundary of the last segment (the final
 * observation), and the log prior.
 */
function boundaryPlaces(mask: Tensor, batch: number, time: number, rate: number): Record<'allowed' | 'last' | 'prior', Tensor> {
  const { device } = mask;
  return noGrad(() => {
    const steps = mask.reshape([batch, time]);
    const none = device.zeros([batch, 1]);
    const real = concat([none, steps], 1);
    const last = relu(sub(real, concat([steps, none], 1)));
    const allowed = scale(real, -NEVER, NEVER);
    const logarithm = device.tensor(poissonLogarithm(time + 1, rate), [1, time + 1]);
    return { allowed, last, prior: logSoftmax(add(logarithm, allowed)) };
  });
}

/** log of the Poisson distribution at 0 … length − 1, not normalised. */
function poissonLogarithm(length: number, rate: number): Float32Array {
  let factorial = 0;
  return Float32Array.from({ length }, (_, t) => {
    factorial += t > 1 ? Math.log(t) : 0;
    return t * Math.log(rate) - rate - factorial;
  });
}

/** Row t has ones up to column t: what makes a running sum of a product. */
function lowerTriangle(size: number): Float32Array {
  return Float32Array.from({ length: size * size }, (_, i) => (i % size <= Math.floor(i / size) ? 1 : 0));
}
