/** Episodes in worlds without a task, steered by codes, and what they did while each code was held. */
import type { World } from '@coxswain/envs';
import type { Base, Config } from '@coxswain/lab';
import type { CodeStatistics } from '@coxswain/metacontroller';
import { CodeController, type CodeSource, type Episodes, Rollout } from '@coxswain/rl';
import { replayGrid } from '../grid/episodes.js';
import type { Controller } from '../phases/controller.js';
import { actingGate } from '../phases/play.js';

/** Who plays: a frozen model and what steers it, with the settings they were trained with. */
export interface Player {
  readonly config: Config;
  readonly base: Base;
  readonly controller: Controller & { readonly codes: CodeStatistics };
}

/** The steps `from` to `to` − 1, for which one code was held. */
export interface Hold {
  readonly from: number;
  readonly to: number;
  /** Whether the switch opened after it; a code that the horizon cuts has not had its chance. */
  readonly ended: boolean;
  /** Colours touched meanwhile, in order. */
  readonly touched: readonly number[];
  /** Steps to the first of them; all its steps where it touched none. */
  readonly steps: number;
}

export interface FreeEpisode {
  /** [cells], as the world has it. */
  readonly layout: readonly number[];
  /** Cell before the first step and after each. */
  readonly path: readonly number[];
  readonly holds: readonly Hold[];
}

/** What one code after the other did in an episode. @param visited colour touched by each step, −1 for none. */
export function holdsOf(open: ArrayLike<number>, visited: readonly number[]): Hold[] {
  const begins = visited.flatMap((_, t) => (open[t] ? [t] : []));
  return begins.map((from, i) => {
    const to = begins[i + 1] ?? visited.length;
    const during = visited.slice(from, to);
    const first = during.findIndex((colour) => colour >= 0);
    return {
      from,
      to,
      ended: i + 1 < begins.length,
      touched: during.filter((colour) => colour >= 0),
      steps: first < 0 ? to - from : first + 1,
    };
  });
}

/** Plays batches of episodes without a task. */
export class FreePlay {
  readonly #environment: World;
  readonly #controller: CodeController;
  readonly #rollout: Rollout;

  /**
   * @param source of the codes; it stays with whoever made it.
   * @param seed of the worlds and of everything sampled.
   * @param record keep the codes that were proposed.
   */
  constructor(
    { config, base, controller }: Player,
    source: CodeSource,
    private readonly options: { readonly worlds: number; readonly seed: number; readonly record?: boolean },
  ) {
    const { horizon, temperature } = config.reinforce;
    const { worlds: environments, seed, record } = options;
    this.#environment = base.world.open('free', horizon, environments);
    this.#controller = new CodeController({
      metacontroller: controller.model,
      layer: config.metacontroller.layer,
      source,
      episodes: environments,
      gate: actingGate(config),
      ...(record ? { record: { horizon } } : {}),
    });
    // Without a task episodes end together, at the horizon: one program is enough.
    this.#rollout = new Rollout({
      model: base.model,
      environment: this.#environment,
      controller: this.#controller,
      seed,
      temperature,
      rowCounts: [environments],
    });
  }

  /** Batch `batch` of the seed. */
  async play(batch: number): Promise<FreeEpisode[]> {
    const episodes: Episodes = await this.#rollout.run(batch);
    const { open, horizon } = episodes;
    return replayGrid(this.#environment, { seed: this.options.seed, batch }, episodes).map(({ layout, path, visited }, i) => ({
      layout,
      path,
      holds: holdsOf(open.subarray(i * horizon, (i + 1) * horizon), visited),
    }));
  }

  /** Codes proposed in the last batch [worlds, horizon, latent], where they are recorded; taken where a hold begins. */
  async proposed(): Promise<Float32Array> {
    return (await this.#controller.records?.code.read()) ?? new Float32Array(0);
  }

  dispose(): void {
    for (const part of [this.#rollout, this.#controller]) part.dispose();
  }
}
