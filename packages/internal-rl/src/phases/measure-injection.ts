/**
 * Whether codes carry over: taken where the method's own switch opened, in demonstrations and in what the base does by
 * itself, and injected into other layouts (arXiv 2512.20605, §4). A measure against labels, which decides nothing.
 */
import { HostRandom } from '@coxswain/base';
import type { Trajectories } from '@coxswain/envs';
import type { Base, Config } from '@coxswain/lab';
import type { Controller } from './controller.js';
import { demonstratedCodes } from './demonstrated-codes.js';
import { firstTouches, type Reached, reachedOf, unseenBy } from './first-touch.js';
import { freeEpisodes, NOTHING_AHEAD } from './free-episodes.js';
import { INJECTED_AT, injecting } from './injecting.js';
import { PLAYED_TOGETHER } from './play.js';
import { RUN_STREAM } from './streams.js';

/** At one step of the injection. */
export interface InjectionStep {
  readonly step: number;
  /**
   * Share that touches the colour next for which the code was held: nothing injected, a code of a demonstration, one of
   * free play.
   */
  readonly without: Reached;
  readonly demonstrated: Reached;
  readonly free: Reached;
}

export interface InjectionMeasure {
  readonly episodes: number;
  readonly steps: readonly InjectionStep[];
}

interface Codes {
  readonly codes: readonly (readonly number[])[];
  readonly target: readonly number[];
}

/** So many codes and the colour of each, drawn from those that have one. */
function draw(found: { codes: readonly number[][]; colours: readonly number[] }, count: number, random: HostRandom): Codes | undefined {
  const aimed = [...found.codes.keys()].filter((i) => found.colours[i] !== NOTHING_AHEAD);
  if (aimed.length === 0) return undefined;
  const chosen = Array.from({ length: count }, () => aimed[Math.floor(random.uniform() * aimed.length)]);
  return { codes: chosen.map((i) => found.codes[i]), target: chosen.map((i) => found.colours[i]) };
}

/** Absent where no episodes are asked for, or no code has a colour. */
export async function measureInjection(
  base: Base,
  controller: Controller,
  config: Config,
  seed: number,
  heldOut: Trajectories,
): Promise<InjectionMeasure | undefined> {
  const { injectionEpisodes, injectionTemperature: temperature } = config.discover;
  if (injectionEpisodes === 0) return undefined;
  const episodes = Math.ceil(injectionEpisodes / PLAYED_TOGETHER) * PLAYED_TOGETHER;
  const random = new HostRandom(seed, RUN_STREAM.injection);
  const demonstrated = draw(await demonstratedCodes(base, controller, config, seed, heldOut), episodes, random);
  const played = await freeEpisodes(base, config, seed, PLAYED_TOGETHER, heldOut.length.subarray(0, heldOut.count), temperature);
  const free = draw(await demonstratedCodes(base, controller, config, seed, played), episodes, random);
  if (!demonstrated || !free) return undefined;
  const unseen = unseenBy(config);
  const steps: InjectionStep[] = [];
  for (const step of INJECTED_AT) {
    const touched = (codes?: Codes['codes']) =>
      firstTouches(base, controller, injecting(config), { seed, episodes, from: step, ...(codes ? { codes } : {}) });
    steps.push({
      step,
      without: reachedOf(await touched(), demonstrated.target, unseen),
      demonstrated: reachedOf(await touched(demonstrated.codes), demonstrated.target, unseen),
      free: reachedOf(await touched(free.codes), free.target, unseen),
    });
  }
  return { episodes, steps };
}
