/** Which moments of an episode the embedder sees, without an event read off the simulator; the last step is always one of them. */
import { CounterRandom } from '@coxswain/base';
import { type Episodes, gatherEpisodes, touchSteps, WORLD_STREAM } from '@coxswain/envs';
import { discover, gateValues, makeInputs, writeInputs } from '@coxswain/metacontroller';
import { layerNorm, noGrad, slice, sqrt, square, sub, sum } from '@coxswain/tensor';
import type { Config } from '../../config.js';
import type { Base } from '../base.js';
import type { Controller } from '../controller.js';
import { byLength } from '../held-out-batches.js';
import { methodOf } from '../methods.js';
import { withFinalObservation } from '../world.js';
import { StepTable } from './step-table.js';

/** Is told how many of the episodes are done. */
export type Told = (done: number, total: number) => Promise<void>;

/** Finds the moments of episodes, a function of each episode alone; those of a set are made once. */
export interface Moments {
  of(episodes: Episodes, told?: Told): Promise<StepTable>;
}

/** Remembers what it made for a set of episodes as long as that set lives. */
abstract class Remembering implements Moments {
  readonly #known = new WeakMap<Episodes, StepTable>();

  async of(episodes: Episodes, told: Told = async () => {}): Promise<StepTable> {
    const known = this.#known.get(episodes);
    if (known) return known;
    const steps: number[][] = new Array(episodes.count);
    await this.make(episodes, steps, told);
    const made = new StepTable(steps);
    this.#known.set(episodes, made);
    return made;
  }

  /** Fills in the steps of each episode. */
  protected abstract make(episodes: Episodes, steps: number[][], told: Told): Promise<void>;
}

/**
 * How far the base's normalised residual moves with each step, ‖LN(e_t) − LN(e_t−1)‖ after a layer: of each episode one number for each
 * of its steps, the first one's first.
 */
export async function jumpsOf(base: Base, layer: number, episodes: Episodes, told: Told = async () => {}): Promise<Float32Array[]> {
  const { model, space, store } = base;
  const { device } = store;
  const jumps: Float32Array[] = new Array(episodes.count);
  let done = 0;
  for (const index of byLength(episodes)) {
    using _scope = device.scope();
    const part = gatherEpisodes(episodes, index);
    const [batch, time] = [part.size, part.steps + 1];
    const moved = noGrad(() => {
      const indices = device.tensor(withFinalObservation(space, part), [batch * time, space.slots]);
      const e = layerNorm(model.blocks(model.embed(indices), { batch, time }, 0, layer)).reshape([batch, time, model.config.width]);
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

  protected async make(episodes: Episodes, steps: number[][], told: Told): Promise<void> {
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

  protected async make({ count, length }: Episodes, steps: number[][]): Promise<void> {
    const random = new CounterRandom(this.seed);
    for (let i = 0; i < count; i++) {
      random.seek(WORLD_STREAM.moment, i);
      steps[i] = Array.from({ length: length[i] }, (_, k) => k + 1).filter((t) => t === length[i] || random.uniform() < this.share);
    }
  }
}

/** Steps at which something was touched, as the simulator tells: those that view `touches` shows. */
export class TouchMoments extends Remembering {
  constructor(private readonly colours: number) {
    super();
  }

  protected async make({ count, length, horizon, layout, position }: Episodes, steps: number[][]): Promise<void> {
    const cells = layout.length / (position.length / (horizon + 1));
    const own = { layout: layout.subarray(0, count * cells), position: position.subarray(0, count * (horizon + 1)) };
    for (const [i, found] of touchSteps({ ...own, length: length.subarray(0, count), steps: horizon }, this.colours).entries())
      steps[i] = found.at(-1) === length[i] ? found : [...found, length[i]];
  }
}

/** Steps at which the binarised switch of a finished controller opened. Its codes are the means of what it finds, in unturned episodes. */
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

  protected async make(episodes: Episodes, steps: number[][], told: Told): Promise<void> {
    const { space, store, model } = this.base;
    const { device } = store;
    const { layer, embedderLayer } = this.config.metacontroller;
    const { hardGate } = methodOf(this.config);
    const shown = await this.shown.of(episodes, told);
    let done = 0;
    for (const index of byLength(episodes)) {
      using _scope = device.scope();
      const part = gatherEpisodes(episodes, index);
      const size = { batch: part.size, time: part.steps };
      const indices = withFinalObservation(space, part);
      const inputs = makeInputs(device, { ...size, slots: space.slots }, 'switches');
      const viewSteps = Array.from(index, (i) => shown.at(i));
      writeInputs(inputs, {
        ...size,
        indices,
        actions: part.action,
        mask: part.mask,
        lengths: part.length,
        viewIndices: indices,
        viewSteps,
      });
      const gate = device.tensor(gateValues(hardGate));
      const { beta } = noGrad(() =>
        discover(model, this.controller.model, inputs, { ...size, layer, embedderLayer, view: 'switches', gate }),
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
