/**
 * Whether codes that lie beside each other do the same elsewhere. Two of them are injected into the same layout with
 * the same random numbers: where skills carry over both let go in one cell, where a code does nothing any two do. It
 * takes no label.
 */
import { HostRandom } from '@coxswain/base';
import type { Trajectories } from '@coxswain/envs';
import type { Base, Config } from '@coxswain/lab';
import type { Controller } from './controller.js';
import { type DemonstratedCodes, demonstratedCodes } from './demonstrated-codes.js';
import { firstTouches } from './first-touch.js';
import { INJECTED_AT, injecting } from './injecting.js';
import { PLAYED_TOGETHER } from './play.js';
import { RUN_STREAM } from './streams.js';

/** At one step of the injection: share of episodes that let go in the same cell as with another code. */
export interface Agreement {
  readonly step: number;
  /** With the nearest one that was held in another place of an episode, where other skills came before it. */
  readonly nearest: number;
  /** With any one: what comes of chance, or of codes that do nothing. */
  readonly any: number;
}

const squaredDistance = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, k) => sum + (value - b[k]) ** 2, 0);

/**
 * For each chosen code the nearest one that was not held in the same place of an episode: first, second, …; itself
 * where there is none.
 */
export function nearestElsewhere({ codes, order }: Pick<DemonstratedCodes, 'codes' | 'order'>, chosen: readonly number[]): number[] {
  return chosen.map((one) => {
    let [nearest, least] = [one, Number.POSITIVE_INFINITY];
    for (const [other, code] of codes.entries()) {
      if (order[other] === order[one]) continue;
      const distance = squaredDistance(codes[one], code);
      if (distance < least) [nearest, least] = [other, distance];
    }
    return nearest;
  });
}

/** Share of places at which two lists have the same. */
export const sameShare = (a: readonly number[], b: readonly number[]): number =>
  a.filter((value, i) => value === b[i]).length / Math.max(1, a.length);

/**
 * Codes are taken where the switch opened in demonstrations.
 * @param episodes at least so many, in each of three conditions at each step.
 * @returns nothing where no episode has two codes.
 */
export async function neighboursAgree(
  base: Base,
  controller: Controller,
  config: Config,
  seed: number,
  heldOut: Trajectories,
  episodes: number,
): Promise<Agreement[]> {
  const found = await demonstratedCodes(base, controller, config, seed, heldOut);
  if (new Set(found.order).size < 2) return [];
  const count = Math.ceil(episodes / PLAYED_TOGETHER) * PLAYED_TOGETHER;
  const random = new HostRandom(seed, RUN_STREAM.neighbours);
  const drawn = () => Array.from({ length: count }, () => Math.floor(random.uniform() * found.codes.length));
  const [chosen, others] = [drawn(), drawn()];
  const conditions = [chosen, nearestElsewhere(found, chosen), others].map((own) => own.map((i) => found.codes[i]));
  const agreements: Agreement[] = [];
  for (const step of INJECTED_AT) {
    const ends: (readonly number[])[] = [];
    for (const codes of conditions)
      ends.push((await firstTouches(base, controller, injecting(config), { seed, episodes: count, from: step, codes })).end);
    agreements.push({ step, nearest: sameShare(ends[0], ends[1]), any: sameShare(ends[0], ends[2]) });
  }
  return agreements;
}

/** How much more neighbours agree than any two codes, over all steps; −1 where there are no codes. */
export const agreementScore = (agreements: readonly Agreement[]): number =>
  agreements.length === 0 ? -1 : agreements.reduce((sum, { nearest, any }) => sum + nearest - any, 0) / agreements.length;
