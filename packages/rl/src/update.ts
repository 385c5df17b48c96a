import {
  type AdamW,
  accumulateRows,
  backward,
  clippedObjective,
  clippedObjectiveStatistics,
  concat,
  type Device,
  gatherRows,
  mul,
  noGrad,
  type ParameterStore,
  type Program,
  type StepParts,
  slice,
  sum,
  type Tensor,
  type TensorData,
} from '@coxswain/tensor';
import { type ChunkSettings, type ChunkSize, type Plan, type PlannedChunk, planChunks } from './chunks.js';
import type { Episodes } from './episodes.js';

/** One part of a batch: episodes of similar length and the decisions made in them. */
export type Chunk = ChunkSize & {
  /**
   * u32 [steps]: place of each step in the records (episode · horizon + t), `NONE` after an episode's last decision.
   */
  readonly step: Tensor;
  /**
   * u32 [batch]: steps of each episode, its last decision the last of them; packed, u32 [batch + time + 1] with where
   * each time begins.
   */
  readonly lengths: Tensor;
  /** u32 [decisions]: place of each decision in the records, `NONE` in rows left over. */
  readonly decision: Tensor;
  /** u32 [decisions]: row of each decision among the steps of the chunk, `NONE` in rows left over. */
  readonly at: Tensor;
  /** u32 [steps]: which decision was made at each step, `NONE` where none was. */
  readonly back: Tensor;
};

/** Tensors of a chunk that outlast an epoch, by name. */
export type Kept = Readonly<Record<string, Tensor>>;

/** What is being learned: the log-probabilities of recorded decisions under the present parameters. */
export type Learner = {
  readonly store: ParameterStore;
  /** Whether steps of its chunks are packed, time after time, or lie in rows `[batch, time]`. */
  readonly packed: boolean;
  /** [N·horizon, 1] log-probabilities when the decisions were made. */
  readonly oldLogProb: Tensor;
  /** Inputs of its own for a chunk, with `write` to fill them; `logProb` is recorded into the chunk's program. */
  prepare(size: ChunkSize): {
    readonly tensors: readonly Tensor[];
    /**
     * @param order the episodes of the chunk; fewer than its rows in the last one.
     * @param lengths steps of each.
     * @param decision place of each decision in the records, as in `Chunk`.
     */
    write(episodes: Episodes, order: Uint32Array, lengths: Uint32Array, decision: Uint32Array): void;
    /** What stays the same in all epochs, computed once a batch; recorded into a program of its own. */
    collect(chunk: Chunk): Kept;
    /** @returns [decisions]; any finite number in rows left over. */
    logProb(chunk: Chunk, kept: Kept): Tensor;
  };
};

export type UpdateSettings = ChunkSettings & {
  /** Passes over the episodes, one optimiser step each. */
  readonly epochs: number;
  /** How far a probability ratio may move before it is clipped. */
  readonly clip: number;
  readonly learningRate: number;
};

/** Of one epoch, before its optimiser step. */
export type EpochStatistics = {
  readonly policyLoss: number;
  /** mean((ratio − 1) − log ratio), nats. */
  readonly approximateKl: number;
  /** Share of decisions whose ratio left 1 ± clip. */
  readonly clipFraction: number;
  /** Before clipping. */
  readonly gradientNorm: number;
};

/** Statistics by epoch from what `history` held; in the first epoch all ratios are 1. */
export function statisticsOf(history: readonly TensorData[]): EpochStatistics[] {
  return history.map(([policyLoss, approximateKl, clipFraction, gradientNorm]) => ({
    policyLoss,
    approximateKl,
    clipFraction,
    gradientNorm,
  }));
}

/** What one batch of episodes says about its decisions. */
export type Decisions = {
  readonly episodes: Episodes;
  /** `[N·horizon]` 1 where a decision was made. */
  readonly made: Uint8Array;
  /** `[N]` */
  readonly advantage: ArrayLike<number>;
};

type Captured = {
  /** Once a batch. */
  readonly collect: Program;
  /** Once an epoch. */
  readonly program: Program;
  readonly inputs: Omit<Chunk, keyof ChunkSize>;
  /** f32 [decisions]: share of each decision in the mean over all, 0 in rows left over. */
  readonly weight: Tensor;
  /** f32 [decisions] */
  readonly advantage: Tensor;
  readonly own: ReturnType<Learner['prepare']>;
};

/**
 * PPO's clipped surrogate over the decisions of whole trajectories (arXiv 2512.20605, §5): mean over all decisions of
 * −min(ratio · A, clip(ratio) · A); no critic, no KL penalty, no entropy bonus. Episodes are sorted by length up to
 * their last decision, for nothing is learned from what comes after it, and worked off in chunks, packed or cropped to
 * their longest, whose gradients add up to that of the full batch. What is not recurrent is computed where there were
 * decisions, no other step. See `learn` for all its epochs.
 */
export class ClippedUpdate {
  readonly #device: Device;
  readonly #programs = new Map<string, Captured>();
  /** Sums over the chunks of an epoch: loss, KL, clipped. */
  readonly #totals: Tensor;
  /** Of each epoch: loss, KL, clipped, gradient norm. */
  readonly #history: readonly Tensor[];
  readonly #begin: Program;
  readonly #end: readonly Program[];
  /** What the first epoch of a batch begins with. */
  #collect: readonly Program[] = [];
  #chunks: readonly Program[] = [];
  /** The chunks of the last batch. */
  #last: readonly Captured[] = [];

  constructor(
    private readonly learner: Learner,
    private readonly optimiser: AdamW,
    private readonly settings: UpdateSettings,
  ) {
    const { store } = learner;
    const { device } = store;
    this.#device = device;
    this.#totals = device.zeros([3]);
    this.#history = Array.from({ length: settings.epochs }, () => device.zeros([4]));
    this.#begin = device.capture(() => {
      store.zeroGradients();
      device.zero(this.#totals);
      return {};
    });
    this.#end = this.#history.map((epoch) =>
      device.capture(() => {
        const norm = this.optimiser.apply();
        device.copy(concat([this.#totals, norm], 0), epoch);
        return {};
      }),
    );
  }

  /** What an epoch leaves that is a sum over episodes: gradients, and the sums of its statistics. */
  get sums(): readonly Tensor[] {
    return [this.learner.store.gradients, this.#totals];
  }

  /** How one batch, or a part of it, is worked off. */
  plan({ episodes, made }: Decisions): Plan {
    return planChunks(episodes, made, this.learner.packed, this.settings);
  }

  /** Writes a planned batch to the device. @param decisions in the whole batch: what a mean is over. */
  async begin(batch: Decisions, { chunks }: Plan, decisions: number): Promise<void> {
    const captured = this.#fill(batch, chunks, decisions);
    this.#chunks = captured.map(({ program }) => program);
    this.#collect = captured.map(({ collect }) => collect);
    this.#last = captured;
    await Promise.all([...this.#collect, this.#begin, ...this.#chunks, ...this.#end].map((program) => program.ready()));
  }

  /** One epoch. Nothing is read back: `history` holds the statistics of all until the next batch. */
  epoch(index: number, learningRate: number): void {
    this.optimiser.prepare(learningRate);
    this.#device.run([...this.#summing(), this.#end[index]]);
  }

  /** The first half of an epoch, where others have the rest of the batch. @returns its `sums`. */
  accumulate(): Promise<TensorData[]> {
    return this.#device.read(this.sums, this.#summing());
  }

  /** What makes the sums of the next epoch. */
  #summing(): Program[] {
    const programs = [...this.#collect, this.#begin, ...this.#chunks];
    this.#collect = [];
    return programs;
  }

  /** The second half. @param sums those over the whole batch. */
  apply(index: number, learningRate: number, sums: readonly TensorData[]): void {
    this.sums.forEach((tensor, i) => {
      tensor.write(sums[i]);
    });
    this.optimiser.prepare(learningRate);
    this.#device.run([this.#end[index]]);
  }

  /** Of each epoch, f32 [4]; see `statisticsOf`. */
  get history(): readonly Tensor[] {
    return this.#history;
  }

  /** What an epoch on the last batch read, and what runs it again: to look for what went wrong in it. */
  get replay(): Pick<StepParts, 'inputs' | 'programs'> {
    const inputs = this.#last.flatMap(({ collect, weight, advantage }, i) =>
      Object.entries({ ...collect.outputs, weight, advantage }).map(([name, tensor]) => [`${name} of chunk ${i}`, tensor] as const),
    );
    return { inputs: Object.fromEntries(inputs), programs: [this.#begin, ...this.#last.map(({ program }) => program), this.#end[0]] };
  }

  /** Writes the inputs of every chunk. */
  #fill({ episodes, advantage }: Decisions, chunks: readonly PlannedChunk[], decisions: number): Captured[] {
    return chunks.map(({ size, order, lengths, step, decision, at, back, count }, index) => {
      const captured = this.#captured(index, size);
      const { inputs, weight, advantage: gains, own } = captured;
      inputs.step.write(step);
      inputs.lengths.write(lengths);
      inputs.decision.write(decision);
      inputs.at.write(at);
      inputs.back.write(back);
      weight.write(new Float32Array(size.decisions).fill(1 / decisions, 0, count));
      gains.write(Float32Array.from(decision, (place, i) => (i < count ? advantage[Math.floor(place / episodes.horizon)] : 0)));
      own.write(episodes, order, lengths, decision);
      return captured;
    });
  }

  /** Each chunk of a batch has programs of its own, since all are filled before the first one runs. */
  #captured(chunk: number, size: ChunkSize): Captured {
    const key = `${chunk} ${size.time} ${size.steps} ${size.decisions}`;
    const known = this.#programs.get(key);
    if (known) return known;
    const made = this.#capture(size);
    this.#programs.set(key, made);
    return made;
  }

  #capture(size: ChunkSize): Captured {
    const device = this.#device;
    const { batch, time, steps, decisions } = size;
    const places = (count: number): Tensor => device.tensor(new Uint32Array(count));
    const [step, back, lengths] = [places(steps), places(steps), places(this.learner.packed ? batch + time + 1 : batch)];
    const [decision, at] = [places(decisions), places(decisions)];
    const [weight, advantage] = [device.tensor(new Float32Array(decisions)), device.tensor(new Float32Array(decisions))];
    const inputs = { step, lengths, decision, at, back };
    const own = this.learner.prepare(size);
    const { clip } = this.settings;
    const chunk = { ...size, ...inputs };
    const collect = device.capture(() =>
      noGrad(() => ({ ...own.collect(chunk), oldLogProb: gatherRows(this.learner.oldLogProb, decision).reshape([decisions]) })),
    );
    const { oldLogProb, ...kept } = collect.outputs;
    const program = device.capture(() => {
      const newLogProb = own.logProb(chunk, kept).reshape([decisions]);
      const loss = sum(mul(clippedObjective(newLogProb, oldLogProb, advantage, { clip }), weight));
      backward(loss);
      // Means under the weights of this chunk, times their sum: the chunk's share of the means over all.
      const statistics = clippedObjectiveStatistics(newLogProb.detach(), oldLogProb, weight, { clip });
      const shares = mul(slice(statistics, 0, 0, 2), slice(statistics, 0, 2, 3));
      accumulateRows(concat([loss.detach(), shares], 0).reshape([1, 3]), this.#totals);
      return {};
    });
    return { collect, program, inputs, weight, advantage, own };
  }

  dispose(): void {
    for (const { collect, program, inputs, weight, advantage, own } of this.#programs.values()) {
      for (const one of [collect, program]) one.dispose();
      for (const tensor of [...Object.values(inputs), weight, advantage, ...own.tensors]) tensor.dispose();
    }
    this.#programs.clear();
    for (const program of [this.#begin, ...this.#end]) program.dispose();
    for (const tensor of [this.#totals, ...this.#history]) tensor.dispose();
  }
}

/**
 * All epochs on one batch, of which each of `updates` has a part on a device of its own: their sums are added in order,
 * so that all make the same step. Where one has it all, an epoch is one submit and nothing is read back.
 */
export async function learn(
  updates: readonly ClippedUpdate[],
  decisions: readonly Decisions[],
  epochs: number,
  learningRate: number,
): Promise<void> {
  const plans = updates.map((update, i) => update.plan(decisions[i]));
  const all = plans.reduce((sum, plan) => sum + plan.decisions, 0);
  await Promise.all(updates.map((update, i) => update.begin(decisions[i], plans[i], all)));
  for (let index = 0; index < epochs; index++) {
    if (updates.length === 1) {
      updates[0].epoch(index, learningRate);
      continue;
    }
    const [first, ...others] = await Promise.all(updates.map((update) => update.accumulate()));
    for (const sums of others)
      sums.forEach((sum, i) => {
        for (let at = 0; at < sum.length; at++) first[i][at] += sum[at];
      });
    for (const update of updates) update.apply(index, learningRate, first);
  }
}
