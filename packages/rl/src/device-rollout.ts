import type { DeviceOutcome, DeviceWorld } from '@coxswain/envs/device';
import { counterAdvance } from '@coxswain/kernels';
import { type Device, noGrad, type Program, RandomState, ShapeError, type Tensor } from '@coxswain/tensor';
import type { Memory, SequenceModel } from '@coxswain/transformer';
import { PLAY_STREAM } from './codes.js';
import { type Controller, scatterRows } from './controller.js';
import type { BatchPart, Episodes } from './episodes.js';
import { type Besides, checkParts, defaultRowCounts } from './rollout.js';

export type DeviceRolloutOptions = {
  /** The base model that acts. */
  readonly model: SequenceModel;
  /** The world; the rollout plays it and does not own it. */
  readonly world: DeviceWorld;
  /** Edits the residual stream; it may not need the host at every step (`beforeStep`). */
  readonly controller?: Controller;
  /** Seed of layouts and of everything that is sampled. */
  readonly seed: number;
  /** Temperature at which the model's actions are sampled, see `Rollout`. */
  readonly temperature?: number;
  /** Which episodes of a batch are played here, where several devices share it. */
  readonly part?: BatchPart;
  /** Numbers of rows that programs are captured for, rising; see `Rollout`. */
  readonly rowCounts?: readonly number[];
  /**
   * Rows planned beyond those that ran in the batch before, as a share of them (and of forty more); a tenth by default.
   */
  readonly spare?: number;
};

/** What is read back, once a rollout. */
type Read = { readonly outcome: DeviceOutcome; readonly open: Float32Array; readonly counts: Uint32Array };

/**
 * `Rollout` without the host: worlds, model, controller, sampling and bookkeeping of all steps are one submit with one
 * readback, and give the same episodes. The host cannot see how many episodes still run, so a step's rows are planned
 * from how many ran at that step in the batch before, with room to spare. Should more run than were planned, which the
 * readback tells, the batch is played again with room for all: everything random belongs to episodes and steps, so it
 * is the same batch.
 */
export class DeviceRollout {
  readonly #device: Device;
  readonly #memory: Memory;
  readonly #random: RandomState;
  readonly #open: Tensor;
  /** u32 [T]: episodes that ran at each step. */
  readonly #counts: Tensor;
  readonly #begin: Program;
  readonly #programs = new Map<number, Program>();
  readonly #rowCounts: readonly number[];
  /** Episodes expected to run at each step. */
  #expected: number[];
  #replayed = 0;

  /** @throws ShapeError where model, world and controller do not fit together. */
  constructor(private readonly options: DeviceRolloutOptions) {
    const { model, world, controller, seed } = options;
    const { environments: count, horizon } = world;
    checkParts({
      ...options,
      environment: { environments: count, observationSpace: world.observationSpace, actionSpace: world.actionSpace },
    });
    if (controller?.beforeStep) throw new ShapeError('rollout', 'a controller that needs the host at every step', 'one that does not');
    this.#device = model.device;
    this.#memory = model.memory(count, horizon);
    this.#random = new RandomState(model.device, seed);
    this.#open = model.device.zeros([count * horizon, 1]);
    this.#counts = model.device.tensor(new Uint32Array(horizon));
    this.#rowCounts = options.rowCounts ?? defaultRowCounts(count);
    this.#expected = new Array(horizon).fill(count);
    this.#begin = model.device.capture(() => {
      world.begin();
      model.device.zero(this.#open);
      return {};
    });
  }

  /** Batches that had to be played twice. */
  get replayed(): number {
    return this.#replayed;
  }

  /**
   * Plays batch `batch` of the seed, or its part: episodes `batch·N` to `batch·N + N − 1`.
   * @param besides what else is read back; see `Player`.
   */
  async run(batch: number, besides?: Besides): Promise<Episodes> {
    let read = await this.#play(batch, this.#expected, besides);
    if (read.counts.some((running, t) => running > this.#rows(this.#expected[t]))) {
      this.#replayed++;
      read = await this.#play(batch, this.#expected.fill(this.options.world.environments));
    }
    // Batches differ by chance, few episodes by a larger share, and a batch played twice costs most.
    const { spare = 0.1 } = this.options;
    this.#expected = Array.from(read.counts, (running) => Math.ceil(running + spare * (running + 40)));
    return this.#episodes(read);
  }

  /** The first step of the last batch. */
  replay(): readonly Program[] {
    this.#memory.begin();
    return [this.#begin, this.program(this.#rows(this.options.world.environments))];
  }

  async #play(batch: number, expected: readonly number[], besides?: Besides): Promise<Read> {
    const { world, controller, seed } = this.options;
    const { environments: count, horizon } = world;
    const { before, of } = this.options.part ?? { before: 0, of: count };
    world.seed(seed, batch * of + before);
    controller?.begin();
    this.#memory.begin();
    this.#random.write(batch * horizon);
    const programs = [this.#begin, ...expected.map((running) => this.program(this.#rows(running)))];
    await Promise.all([...new Set(programs)].map((program) => program.ready()));
    const own = [...world.told, this.#open, this.#counts];
    const read = await this.#device.read([...own, ...(besides?.tensors ?? [])], programs);
    besides?.arrived(read.slice(own.length));
    const [open, counts] = read.slice(world.told.length) as [Float32Array, Uint32Array];
    return { outcome: world.outcome(read.slice(0, world.told.length)), open, counts };
  }

  #episodes({ outcome, open }: Read): Episodes {
    const { environments: count, horizon } = this.options.world;
    const steps = outcome.length.reduce((sum, length) => sum + length, 0);
    return { ...outcome, count, horizon, open: Uint8Array.from(open), observation: [], steps };
  }

  /** Rows of the smallest program that holds so many episodes. */
  #rows(running: number): number {
    return this.#rowCounts.find((rows) => rows >= running) ?? (this.#rowCounts.at(-1) as number);
  }

  /** The program of a step for so many rows. */
  program(rows: number): Program {
    const known = this.#programs.get(rows);
    if (known) return known;
    const made = this.#capture(rows);
    this.#programs.set(rows, made);
    return made;
  }

  /** One step: what runs, what it sees, what the model does with it, and what the world does then. */
  #capture(rows: number): Program {
    const { model, world, controller, temperature = 1, part } = this.options;
    const { depth } = model.config;
    const device = this.#device;
    return device.capture(() =>
      noGrad(() => {
        const { episode, owner, place } = world.running(rows, this.#memory.step, this.#counts, part?.before);
        const memory = this.#memory.of(episode);
        const edit = (residual: Tensor): Tensor => {
          const edited = (controller as Controller).control(residual, { rows, episode, owner, place, random: this.#random });
          if (edited.open) scatterRows(edited.open.reshape([rows, 1]), place, this.#open);
          return edited.residual;
        };
        const hooks = controller ? [{ layer: controller.layer, edit }] : [];
        const e = model.stepBlocks(model.embed(world.observe(episode)), memory, 0, depth, hooks);
        const action = model.action(e).tempered(temperature).sample(this.#random, PLAY_STREAM.action, { owner });
        world.step(episode, action);
        device.dispatch(counterAdvance, { at: 0, wide: 0 }, { counter: this.#memory.step });
        device.dispatch(counterAdvance, { at: 2, wide: 1 }, { counter: this.#random.tensor });
        return {};
      }),
    );
  }

  dispose(): void {
    for (const program of [this.#begin, ...this.#programs.values()]) program.dispose();
    this.#programs.clear();
    this.#memory.dispose();
    this.#random.dispose();
    this.#open.dispose();
    this.#counts.dispose();
  }
}
