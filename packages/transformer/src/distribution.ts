/** What a model says of its next action or observation: a distribution that can be sampled, and scored. */
import { CoxswainError, describeSpace, type LeafSpace, leafSize, leavesOf, type Space } from '@coxswain/base';
import { scatterRows as scatterKernel } from '@coxswain/kernels';
import {
  add,
  clamp,
  crossEntropy,
  gaussianLogProb,
  philoxCategorical,
  philoxNormal,
  type RandomState,
  reparameterise,
  scale,
  slice,
  type Tensor,
} from '@coxswain/tensor';
import { type Observed, tensorsOf } from './space-tensors.js';

/** Bounds of log σ. */
const LOG_SIGMA = [-5, 2] as const;
/** Parts of an action draw from streams of their own, so far apart. */
const STREAMS_APART = 1 << 16;

export interface SampleOptions {
  /** u32 [N]: what each draw belongs to, where that moves from row to row; the row itself when absent. */
  readonly owner?: Tensor;
  /** A tensor whose element `place[i]`, u32 [N], becomes row i's log-probability, where it has such an element. */
  readonly into?: { readonly logProb: Tensor; readonly place: Tensor } | undefined;
}

/** Of N rows. Values are tensors, one for each leaf of the space. */
export interface Distribution {
  /** What it is made of: logits [N, classes]; mean and log σ, [N, size] both; those of its parts. */
  readonly parameters: readonly Tensor<'f32'>[];
  /** −log p of these values, nats [N]; a class of −1 is padding, costs nothing and has no gradient. */
  nll(values: Observed): Tensor;
  /** A value for each row, without gradients. */
  sample(random: RandomState, stream: number, options?: SampleOptions): readonly Tensor[];
  /** Its density to the power of 1/temperature, as a distribution: below 1 the likeliest is drawn more often. */
  tempered(temperature: number): Distribution;
}

class Categorical implements Distribution {
  readonly parameters: readonly Tensor<'f32'>[];
  constructor(
    private readonly logits: Tensor<'f32'>,
    private readonly temperature = 1,
  ) {
    this.parameters = [logits];
  }

  nll(values: Observed): Tensor {
    const { logits, temperature } = this;
    return crossEntropy(temperature === 1 ? logits : scale(logits, 1 / temperature), tensorsOf(values)[0]);
  }

  sample(random: RandomState, stream: number, { owner, into }: SampleOptions = {}): readonly Tensor[] {
    const { temperature } = this;
    return [philoxCategorical(this.logits, random, stream, { temperature, ...(owner && { owner }), ...(into && { into }) }).index];
  }

  tempered(temperature: number): Distribution {
    return new Categorical(this.logits, this.temperature * temperature);
  }
}

class DiagonalGaussian implements Distribution {
  readonly parameters: readonly Tensor<'f32'>[];
  constructor(
    private readonly mean: Tensor<'f32'>,
    private readonly logSigma: Tensor<'f32'>,
  ) {
    this.parameters = [mean, logSigma];
  }

  nll(values: Observed): Tensor {
    return scale(gaussianLogProb(tensorsOf(values)[0], this.mean, this.logSigma), -1);
  }

  sample(random: RandomState, stream: number, { owner, into }: SampleOptions = {}): readonly Tensor[] {
    const { mean, logSigma } = this;
    const value = reparameterise(mean, logSigma, philoxNormal(random, stream, mean.shape, owner));
    if (into) place(gaussianLogProb(value, mean, logSigma), into);
    return [value];
  }

  tempered(temperature: number): Distribution {
    return temperature === 1 ? this : new DiagonalGaussian(this.mean, scale(this.logSigma, 1, Math.log(temperature) / 2));
  }
}

/** Independent parts. */
class Joint implements Distribution {
  constructor(private readonly parts: readonly Distribution[]) {}

  get parameters(): readonly Tensor<'f32'>[] {
    return this.parts.flatMap(({ parameters }) => parameters);
  }

  nll(values: Observed): Tensor {
    const each = tensorsOf(values);
    return this.parts.map((part, i) => part.nll(each[i])).reduce((sum, nll) => add(sum, nll));
  }

  sample(random: RandomState, stream: number, { owner, into }: SampleOptions = {}): readonly Tensor[] {
    const values = this.parts.flatMap((part, i) => part.sample(random, stream + i * STREAMS_APART, owner ? { owner } : {}));
    if (into) place(scale(this.nll(values), -1), into);
    return values;
  }

  tempered(temperature: number): Distribution {
    return new Joint(this.parts.map((part) => part.tempered(temperature)));
  }
}

function place(logProb: Tensor, { logProb: out, place: index }: NonNullable<SampleOptions['into']>): void {
  const shape = { rows: index.size, columns: 1, indexed: out.size };
  logProb.device.dispatch(scatterKernel, shape, { x: logProb, index, out }, { bits: ['x', 'out'] });
}

/**
 * Parameters of the distribution of one leaf.
 * @throws CoxswainError `bad-space` for a leaf that there is no head for.
 */
function outputsOfLeaf(leaf: LeafSpace, what: string): number {
  if (leaf.kind === 'discrete') return leaf.count;
  if (leaf.kind === 'box' && leaf.type === 'f32') return 2 * leafSize(leaf);
  throw new CoxswainError(`No head for ${what}: ${describeSpace(leaf)}, expected discrete, f32 boxes, or records of these`, {
    code: 'bad-space',
    value: `${what}: ${describeSpace(leaf)}`,
    expected: 'discrete, f32 boxes, or records of these',
    remedy: `declare ${what} as one of these spaces`,
  });
}

/** Numbers that a head has to give for a distribution over a space. @throws CoxswainError `bad-space`. */
export const headOutputs = (space: Space, what: string): number =>
  leavesOf(space).reduce((sum, { space: leaf, path }) => sum + outputsOfLeaf(leaf, path ? `${what}.${path}` : what), 0);

/** The distribution that a head's outputs [N, headOutputs] stand for. */
export function distributionOf(space: Space, outputs: Tensor<'f32'>, what: string): Distribution {
  const leaves = leavesOf(space);
  let from = 0;
  const parts = leaves.map(({ space: leaf }) => {
    const size = outputsOfLeaf(leaf, what);
    const own = leaves.length === 1 ? outputs : slice(outputs, 1, from, from + size);
    from += size;
    if (leaf.kind === 'discrete') return new Categorical(own);
    const logSigma = clamp(slice(own, 1, size / 2, size), ...LOG_SIGMA);
    return new DiagonalGaussian(slice(own, 1, 0, size / 2), logSigma);
  });
  return parts.length === 1 ? parts[0] : new Joint(parts);
}
