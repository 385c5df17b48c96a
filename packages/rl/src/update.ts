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
  type ParameterStore,
  type Program,
  ShapeError,
  slice,
  sum,
  type Tensor,
  type TensorData,
} from '@coxswain/tensor';
import type { SequenceSize } from '@coxswain/transformer';
import { NONE } from './controller.js';
import type { Episodes } from './rollout.js';

/** Halves of what is left, the shortest episodes in the largest chunk, which comes last. */
function defaultChunks(count: number): number[] {
  const part = (share: number): number => Math.max(8, Math.ceil(count / share / 8) * 8);
  return [part(8), part(8), part(4), part(2)];
}

/** One part of a batch: episodes of similar length, `[batch, time]`. */
export type Chunk = SequenceSize & {
  /** u32 [batch·time]: place of each step in the records (episode · horizon + t), `NONE` after an episode's end. */
  readonly step: Tensor;
  /** The same where a decision was made, `NONE` elsewhere. */
  readonly decision: Tensor;
  /** u32 [batch]: steps of each episode. */
  readonly lengths: Tensor;
};

/** What is being learned: the log-probabilities of recorded decisions under the present parameters. */
export type Learner = {
  readonly store: ParameterStore;
  /** [N·horizon, 1] log-probabilities when the decisions were made. */
  readonly oldLogProb: Tensor;
  /** Inputs of its own for a chunk, with `write` to fill them; `logProb` is recorded into the chunk's program. */
  prepare(size: SequenceSize): {
    readonly tensors: readonly Tensor[];
    /** @param order the episodes of the chunk; fewer than its rows in the last one. */
    write(episodes: Episodes, order: Uint32Array): void;
    /** @returns [batch·time]; any finite number where there was no decision. */
    logProb(chunk: Chunk): Tensor;
  };
};

export type UpdateSettings = {
  /** Passes over the episodes, one optimiser step each. */
  readonly epochs: number;
  /** How far a probability ratio may move before it is clipped. */
  readonly clip: number;
  readonly learningRate: number;
  /**
   * Episodes in each chunk, longest episodes first; by default an eighth, an eighth, a quarter and a half of the batch, for few
   * episodes are long. The gradient is that of the whole batch whatever they are.
   */
  readonly chunks?: readonly number[];
  /** Chunks are as long as their longest episode, rounded up to a multiple of this. */
  readonly lengthStep?: number;
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
  readonly size: SequenceSize;
  readonly program: Program;
  readonly step: Tensor;
  readonly decision: Tensor;
  readonly lengths: Tensor;
  readonly weight: Tensor;
  readonly advantage: Tensor;
  readonly own: ReturnType<Learner['prepare']>;
};

/**
 * PPO's clipped surrogate over the decisions of whole trajectories (arXiv 2512.20605, §5): mean over all decisions of
 * −min(ratio · A, clip(ratio) · A); no critic, no KL penalty, no entropy bonus. Episodes are sorted by length and worked off in chunks
 * cropped to their longest, whose gradients add up to that of the full batch. One submit per epoch; nothing is read
 * back before the last.
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
  readonly #lengthStep: number;

  constructor(
    private readonly learner: Learner,
    private readonly optimiser: AdamW,
    private readonly settings: UpdateSettings,
  ) {
    const { store } = learner;
    const { device } = store;
    this.#device = device;
    this.#lengthStep = settings.lengthStep ?? 4;
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

  /**
   * All epochs on one batch. Nothing is read back: `history` holds their statistics until the next batch.
   * @param learningRate that of the settings by default.
   */
  async run(decisions: Decisions, learningRate = this.settings.learningRate): Promise<void> {
    const chunks = this.#fill(decisions);
    await Promise.all([this.#begin, ...chunks, ...this.#end].map((program) => program.ready()));
    for (const end of this.#end) {
      this.optimiser.prepare(learningRate);
      this.#device.run([this.#begin, ...chunks, end]);
    }
  }

  /** Of each epoch, f32 [4]; see `statisticsOf`. */
  get history(): readonly Tensor[] {
    return this.#history;
  }

  /** Sorts the episodes by length, writes the inputs of every chunk and returns their programs. */
  #fill({ episodes, made, advantage }: Decisions): Program[] {
    const { count, horizon, length } = episodes;
    const order = Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => length[b] - length[a] || a - b);
    let total = 0;
    for (const one of made) total += one;
    const chunks = this.settings.chunks ?? defaultChunks(count);
    if (chunks.reduce((sum, rows) => sum + rows, 0) < count)
      throw new ShapeError('update', `chunks of ${chunks} episodes`, `${count} in all`);
    const programs: Program[] = [];
    let from = 0;
    for (const [index, batch] of chunks.entries()) {
      const rows = order.subarray(from, from + batch);
      from += batch;
      if (rows.length === 0) break;
      const time = Math.min(horizon, Math.ceil(length[rows[0]] / this.#lengthStep) * this.#lengthStep);
      const captured = this.#captured(index, { batch, time });
      const n = captured.size.batch * time;
      const step = new Uint32Array(n).fill(NONE);
      const decision = new Uint32Array(n).fill(NONE);
      const weight = new Float32Array(n);
      const gains = new Float32Array(captured.size.batch);
      const lengths = new Uint32Array(captured.size.batch);
      rows.forEach((episode, row) => {
        gains[row] = advantage[episode];
        lengths[row] = length[episode];
        for (let t = 0; t < length[episode]; t++) {
          const [at, place] = [row * time + t, episode * horizon + t];
          step[at] = place;
          if (!made[place]) continue;
          decision[at] = place;
          weight[at] = 1 / total;
        }
      });
      captured.step.write(step);
      captured.decision.write(decision);
      captured.lengths.write(lengths);
      captured.weight.write(weight);
      captured.advantage.write(gains);
      captured.own.write(episodes, rows);
      programs.push(captured.program);
    }
    return programs;
  }

  /** Each chunk of a batch has programs of its own, since all are filled before the first one runs. */
  #captured(chunk: number, size: SequenceSize): Captured {
    const key = `${chunk} ${size.time}`;
    const known = this.#programs.get(key);
    if (known) return known;
    const made = this.#capture(size);
    this.#programs.set(key, made);
    return made;
  }

  #capture(size: SequenceSize): Captured {
    const device = this.#device;
    const { batch, time } = size;
    const n = batch * time;
    const [step, decision] = [device.tensor(new Uint32Array(n)), device.tensor(new Uint32Array(n))];
    const lengths = device.tensor(new Uint32Array(batch));
    const [weight, advantage] = [device.tensor(new Float32Array(n)), device.tensor(new Float32Array(batch))];
    const own = this.learner.prepare(size);
    const { clip } = this.settings;
    const program = device.capture(() => {
      const newLogProb = own.logProb({ ...size, step, decision, lengths }).reshape([batch, time]);
      const oldLogProb = gatherRows(this.learner.oldLogProb, decision).reshape([batch, time]);
      const loss = sum(mul(clippedObjective(newLogProb, oldLogProb, advantage, { clip }), weight.reshape([batch, time])));
      backward(loss);
      // Means under the weights of this chunk, times their sum: the chunk's share of the means over all.
      const statistics = clippedObjectiveStatistics(newLogProb.detach(), oldLogProb, weight.reshape([batch, time]), { clip });
      const shares = mul(slice(statistics, 0, 0, 2), slice(statistics, 0, 2, 3));
      accumulateRows(concat([loss.detach(), shares], 0).reshape([1, 3]), this.#totals);
      return {};
    });
    return { size, program, step, decision, lengths, weight, advantage, own };
  }

  dispose(): void {
    for (const { program, step, decision, lengths, weight, advantage, own } of this.#programs.values()) {
      program.dispose();
      for (const tensor of [step, decision, lengths, weight, advantage, ...own.tensors]) tensor.dispose();
    }
    this.#programs.clear();
    for (const program of [this.#begin, ...this.#end]) program.dispose();
    for (const tensor of [this.#totals, ...this.#history]) tensor.dispose();
  }
}
