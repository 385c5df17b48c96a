/** How a batch of episodes is cut into parts of like length, for one pass of the objective over its decisions. */
import { NONE } from '@coxswain/base';
import { ShapeError } from '@coxswain/tensor';
import type { SequenceSize } from '@coxswain/transformer';

/** Sequences of at most `time` steps, and room for so many steps of all of them and so many decisions. */
export type ChunkSize = SequenceSize & { readonly steps: number; readonly decisions: number };

export type ChunkSettings = {
  /**
   * Episodes in each chunk, longest episodes first. The gradient is that of the whole batch whatever they are. By
   * default packed ones are as few as hold no more than 32 768 steps; others an eighth, an eighth, a quarter and a half
   * of the batch, for few episodes are long.
   */
  readonly chunks?: readonly number[];
  /** Chunks are as long as their longest episode, rounded up to a multiple of this; unless they are packed. */
  readonly lengthStep?: number;
};

/** Episodes of one chunk and where everything in it is; see `Chunk`. */
export type PlannedChunk = {
  readonly size: ChunkSize;
  /** Its episodes. */
  readonly order: Uint32Array;
  /** Steps of each and, packed, behind them where each time begins and the last ends. */
  readonly lengths: Uint32Array;
  readonly step: Uint32Array;
  readonly decision: Uint32Array;
  readonly at: Uint32Array;
  readonly back: Uint32Array;
  /** Decisions in it, which come first in `decision` and `at`. */
  readonly count: number;
};

export type Plan = {
  /** Longest episodes first, without chunks that hold no decision. */
  readonly chunks: readonly PlannedChunk[];
  /** How many there are in all of them. */
  readonly decisions: number;
};

/** Steps of a packed chunk, should all its episodes last to the horizon: what bounds its memory. */
const MOST_STEPS = 32_768;

/** Equal parts, as few as can be. */
function packedChunks(count: number, horizon: number): number[] {
  const parts = Math.ceil((count * horizon) / MOST_STEPS);
  return new Array(parts).fill(Math.ceil(count / parts));
}

/** Halves of what is left, the shortest episodes in the largest chunk, which comes last. */
function defaultChunks(count: number): number[] {
  const part = (share: number): number => Math.max(8, Math.ceil(count / share / 8) * 8);
  return [part(8), part(8), part(4), part(2)];
}

/** 32, 48, 64, 96 and so on: programs are captured for few sizes, and at most a third of one is left over. */
export function roomFor(decisions: number): number {
  let room = 32;
  while (room < decisions) room += Number.isInteger(Math.log2(room)) ? room / 2 : room / 3;
  return room;
}

/** Room for steps: a multiple of 32, at most a sixteenth of it left over where there are many. */
export function roomForSteps(steps: number): number {
  const unit = Math.max(32, 2 ** Math.floor(Math.log2(Math.max(1, steps)) - 4));
  return Math.max(32, Math.ceil(steps / unit) * unit);
}

/**
 * Sorts episodes by their steps up to the last decision and cuts them into chunks.
 * @param made [count·horizon] 1 where a decision was made.
 * @param packed whether a chunk has its steps time after time, all episodes that have one, or room for as many as the
 * longest has for each.
 * @throws ShapeError where the chunks are too small for the batch.
 */
export function planChunks(
  { count, horizon }: { readonly count: number; readonly horizon: number },
  made: Uint8Array,
  packed: boolean,
  settings: ChunkSettings = {},
): Plan {
  const { chunks: sizes = packed ? packedChunks(count, horizon) : defaultChunks(count), lengthStep = 4 } = settings;
  if (sizes.reduce((sum, rows) => sum + rows, 0) < count) throw new ShapeError('update', `chunks of ${sizes} episodes`, `${count} in all`);
  const length = Uint32Array.from({ length: count }, (_, n) => made.subarray(n * horizon, (n + 1) * horizon).lastIndexOf(1) + 1);
  const order = Uint32Array.from({ length: count }, (_, n) => n).sort((a, b) => length[b] - length[a] || a - b);
  const chunks: PlannedChunk[] = [];
  let [from, decisions] = [0, 0];
  for (const batch of sizes) {
    const rows = order.subarray(from, from + batch);
    from += batch;
    if (rows.length === 0 || length[rows[0]] === 0) break;
    const time = packed ? horizon : Math.min(horizon, Math.ceil(length[rows[0]] / lengthStep) * lengthStep);
    chunks.push(planChunk({ batch, time }, rows, length, made, horizon, packed));
    decisions += (chunks.at(-1) as PlannedChunk).count;
  }
  return { chunks, decisions };
}

function planChunk(
  { batch, time }: SequenceSize,
  order: Uint32Array,
  length: Uint32Array,
  made: Uint8Array,
  horizon: number,
  packed: boolean,
): PlannedChunk {
  const all = order.reduce((sum, episode) => sum + length[episode], 0);
  const steps = packed ? roomForSteps(all) : batch * time;
  const step = new Uint32Array(steps).fill(NONE);
  const back = new Uint32Array(steps).fill(NONE);
  const lengths = new Uint32Array(packed ? batch + time + 1 : batch);
  order.forEach((episode, row) => {
    lengths[row] = length[episode];
  });
  const found: { at: number; place: number }[] = [];
  let end = 0;
  // Longest first: those that have a step at a time are the first ones.
  for (let t = 0, running = order.length; t < time; t++) {
    while (running > 0 && lengths[running - 1] <= t) running--;
    if (packed) lengths[batch + t] = end;
    for (let row = 0; row < running; row++) {
      const episode = order[row];
      const [at, place] = [packed ? end + row : row * time + t, episode * horizon + t];
      step[at] = place;
      if (!made[place]) continue;
      back[at] = found.length;
      found.push({ at, place });
    }
    end += running;
  }
  if (packed) lengths[batch + time] = end;
  const room = roomFor(found.length);
  const rows = (field: 'at' | 'place') => Uint32Array.from({ length: room }, (_, i) => found[i]?.[field] ?? NONE);
  return {
    size: { batch, time, steps, decisions: room },
    order,
    lengths,
    step,
    back,
    decision: rows('place'),
    at: rows('at'),
    count: found.length,
  };
}
