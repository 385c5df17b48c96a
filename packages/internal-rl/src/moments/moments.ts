/**
 * Which moments of an episode the embedder sees, without an event read off the simulator; the last step is always one
 * of them.
 */
import { CounterRandom } from '@coxswain/base';
import { actionsOf, gather, type Trajectories, WORLD_STREAM, withFinalObservation } from '@coxswain/envs';
import { type Base, byLength, type Config, NotOfferedError } from '@coxswain/lab';
import { discover, gateValues, makeInputs, writeInputs } from '@coxswain/metacontroller';
import { layerNorm, noGrad, slice, sqrt, square, sub, sum } from '@coxswain/tensor';
import { spaceTensors, writeValues } from '@coxswain/transformer';
import type { Controller } from '../phases/controller.js';
import { methodOf } from '../phases/methods.js';
import { StepTable } from './step-table.js';

/** Is told how many of the episodes are done. */
export type Told = (done: number, total: number) => Promise<void>;

/** Finds the moments of episodes, a function of each episode alone; those of a set are made once. */
export interface Moments {
  of(episodes: Trajectories, told?: Told): Promise<StepTable>;
}

/** Remembers what it made for a set of episodes as long as that set lives. */
abstract class Remembering implements Moments {
  readonly #known = new WeakMap<Trajectories, StepTable>();

  async of(episodes: Trajectories, told: Told = async () => {}): Promise<StepTable> {
    const known = this.#known.get(episodes);
    if (known) return known;
    const steps: number[][] = new Array(episodes.count);
    await this.make(episodes, steps, told);
    const made = new StepTable(steps);
    this.#known.set(episodes, made);
    return made;
  }

  /** Fills in the steps of each episode. */
  protected abstract make(episodes: Trajectories, steps: number[][], told: Told): Promise<void>;
}

/**
 * How far the base's normalised residual moves with each step, ‖LN(e_t) − LN(e_t−1)‖ after a layer: of each episode one
 * number for each of its steps, the first one's first.
 */
export async function jumpsOf(base: Base, layer: number, episodes: Trajectories, told: Told = async () => {}): Promise<Float32Array[]> {
  const { model, store } = base;
  const { device } = store;
  const jumps: Float32Array[] = new Array(episodes.count);
  let done = 0;
  for (const index of byLength(episodes)) {
    using _scope = device.scope();
    const part = gather(episodes, index);
    const [batch, time] = [part.size, part.steps + 1];
    const moved = noGrad(() => {
      const seen = spaceTensors(device, model.config.observation, batch * time);
      writeValues(seen, withFinalObservation(part));
      const e = layerNorm(model.blocks(model.embed(seen), { batch, time }, 0, layer)).reshape([batch, time, model.config.width]);
      return sqrt(sum(square(sub(slice(e, 1, 1, time), slice(e, 1, 0, time - 1))), 2));
    });
    const found = (await moved.read()) as Float32Array;
    for (let i = 0; i < batch; i++) jumps[index[i]] = found.slice(i * part.steps, i * part.steps + part.length[i]);
    done += batch;
    await told(done, episodes.count);
  }
  return jumps;
}

/** Steps at which the base's residual jumps so far, or farther. */
export class JumpMoments extends Remembering {
  constructor(
    private readonly base: Base,
    readonly layer: number,
    readonly threshold: number,
  ) {
    super();
  }

  protected async make(episodes: Trajectories, steps: number[][], told: Told): Promise<void> {
    for (const [i, jumps] of (await jumpsOf(this.base, this.layer, episodes, told)).entries())
      steps[i] = [...jumps.keys()].filter((t) => jumps[t] >= this.threshold || t === jumps.length - 1).map((t) => t + 1);
  }
}

/** Each step before the last with this chance: a control. */
export class RandomMoments extends Remembering {
  constructor(
    readonly share: number,
    readonly seed: number,
  ) {
    super();
  }

  protected async make({ count, length }: Trajectories, steps: number[][]): Promise<void> {
    const random = new CounterRandom(this.seed);
    for (let i = 0; i < count; i++) {
      random.seek(WORLD_STREAM.moment, i);
      steps[i] = Array.from({ length: length[i] }, (_, k) => k + 1).filter((t) => t === length[i] || random.uniform() < this.share);
    }
  }
}

/** Steps at which something was reached, as the world tells: those that view `touches` shows. */
export class TouchMoments extends Remembering {
  constructor(private readonly world: string) {
    super();
  }

  protected async make({ count, length, horizon, event }: Trajectories, steps: number[][]): Promise<void> {
    if (!event) throw new NotOfferedError(this.world, 'events', 'events, which view touches asks for', []);
    for (let i = 0; i < count; i++) {
      const found = Array.from({ length: length[i] }, (_, t) => t + 1).filter((t) => event[i * horizon + t - 1] >= 0);
      steps[i] = found.at(-1) === length[i] ? found : [...found, length[i]];
    }
  }
}

/**
 * Steps at which the binarised switch of a finished controller opened. Its codes are the means of what it finds, in
 * unturned episodes.
 */
export class SwitchMoments extends Remembering {
  /**
   * @param controller it and @param base stay with whoever made them.
   * @param shown the moments that the controller itself was shown.
   */
  constructor(
    private readonly base: Base,
    private readonly controller: Pick<Controller, 'model'>,
    private readonly config: Pick<Config, 'metacontroller' | 'discover'>,
    private readonly shown: Moments,
  ) {
    super();
  }

  protected async make(episodes: Trajectories, steps: number[][], told: Told): Promise<void> {
    const { store, model } = this.base;
    const { device } = store;
    const { layer, embedderLayer } = this.config.metacontroller;
    const { hardGate } = methodOf(this.config);
    const shown = await this.shown.of(episodes, told);
    let done = 0;
    for (const index of byLength(episodes)) {
      using _scope = device.scope();
      const part = gather(episodes, index);
      const size = { batch: part.size, time: part.steps };
      const observation = withFinalObservation(part);
      const inputs = makeInputs(model, size, 'switches');
      const viewSteps = Array.from(index, (i) => shown.at(i));
      writeInputs(inputs, {
        ...size,
        observation,
        action: actionsOf(part),
        mask: part.mask,
        lengths: part.length,
        viewObservation: observation,
        viewSteps,
      });
      const control = device.tensor(gateValues(hardGate(this.config)));
      const { beta } = noGrad(() =>
        discover(model, this.controller.model, inputs, { ...size, layer, embedderLayer, view: 'switches', control }),
      );
      const open = await beta.read();
      for (let i = 0; i < part.size; i++) {
        const row = open.subarray(i * part.steps, i * part.steps + part.length[i]);
        // The first step opens always: it takes the first code, and no moment comes before it.
        steps[index[i]] = [...row.keys()].filter((t) => t > 0 && row[t] > 0.5).concat(part.length[i]);
      }
      done += part.size;
      await told(done, episodes.count);
    }
  }
}
