import type { LeafValues, Space } from '@coxswain/base';
import type { Tensor, TensorData } from '@coxswain/tensor';
import type { World } from '../world.js';

/** Values of a space on a device: a tensor for each of its leaves, or the tensor where it has one. */
type Observed = Tensor | readonly Tensor[];

/** What is known of N episodes when they are over. */
export interface DeviceOutcome {
  /** `[N]` rewards summed over the episode. */
  readonly reward: Float32Array;
  /** `[N]` steps until it ended. */
  readonly length: Uint16Array;
  /** `[N]` progress at its end. */
  readonly progress: Float32Array;
  /** Of N·T: actions taken, an array for each leaf of the action space; after the end −1, or 0 in boxes. */
  readonly action: readonly LeafValues[];
}

/**
 * N episodes whose steps are launches, without the host between them. Every method but `seed` and `outcome` records
 * launches, so that a captured program may hold a whole episode. Episode i of a seed is the one that the world on the
 * host plays.
 */
export interface DeviceWorld {
  /** N. */
  readonly environments: number;
  /** T. */
  readonly horizon: number;
  readonly observationSpace: Space;
  readonly actionSpace: Space;
  /** Says which episodes begin next: N of the seed, from `firstEpisode` on. */
  seed(seed: number, firstEpisode?: number): void;
  /** Begins them. */
  begin(): void;
  /**
   * The episodes that run, in order.
   * @param rows episodes that have a place.
   * @param clock u32 `[1]`: the time step.
   * @param counts u32 `[T]`: gets, at that step, how many run, also where they are more than `rows`.
   * @param before episodes of the batch that come before these, where other devices play a part of it.
   * @returns episode u32 `[rows]`, `NONE` (0xffffffff) behind the last; owner u32 `[rows]`, its number in the whole
   * batch; place u32 `[rows]`, where a row's results of this step go in `[N·T]`.
   */
  running(rows: number, clock: Tensor, counts: Tensor, before?: number): { episode: Tensor; owner: Tensor; place: Tensor };
  /** What some episodes show, a tensor for each leaf. @param episode u32 `[rows]`. */
  observe(episode: Tensor): Observed;
  /** One step of some episodes; those that are over rest. @param action of `rows`, a tensor for each leaf. */
  step(episode: Tensor, action: Observed): void;
  /** Tensors that `outcome` reads, in order; they are read back once a batch. */
  readonly told: readonly Tensor[];
  /** What became of the episodes, from what `told` held at their end. */
  outcome(read: readonly TensorData[]): DeviceOutcome;
  dispose(): void;
}

/** Whether a world plays itself on a device. */
export const isDeviceWorld = (world: World | DeviceWorld): world is DeviceWorld => 'told' in world;
