/** What episodes of a world without a task do first, while a code is held or not. */
import { fromLeaves } from '@coxswain/base';
import { shownTransitions } from '@coxswain/envs';
import { type Base, type Config, WORLD_SEED, worldOf } from '@coxswain/lab';
import { InjectedCode, Rollout } from '@coxswain/rl';
import type { Controller } from './controller.js';
import { actingGate, PLAYED_TOGETHER } from './play.js';
import { actionsAt } from './replay.js';

/** Of each episode. */
export interface FirstTouch {
  /**
   * Place in which the code was let go, or the last one; where none was held, the place after the injection. In worlds
   * without places what was reached first after it.
   */
  readonly end: readonly number[];
  /** Event reached last before the injection, −1 for none. */
  readonly before: readonly number[];
  /** Event reached first after it, −1 for none. */
  readonly after: readonly number[];
}

/** Steps after the injection that are looked at. */
const AFTERWARDS = 16;
/**
 * Plays free episodes, whole batches of 512.
 * @param codes one for each episode; none for the base model alone.
 * @param from step of the injection.
 */
export async function firstTouches(
  base: Base,
  controller: Controller,
  config: Config,
  options: { seed: number; episodes: number; from: number; codes?: readonly (readonly number[])[] },
): Promise<FirstTouch> {
  const { device } = base.store;
  const { seed, episodes, from, codes } = options;
  const { latent } = controller.model.config;
  const environment = base.world.open('free', from + AFTERWARDS, PLAYED_TOGETHER);
  const held = device.zeros([PLAYED_TOGETHER, latent]);
  const gate = actingGate(config);
  const { layer } = config.metacontroller;
  const injected = codes && new InjectedCode({ metacontroller: controller.model, layer, codes: held, from, gate });
  const rollout = new Rollout({
    model: base.model,
    environment,
    seed: WORLD_SEED.evaluation + seed,
    temperature: config.reinforce.temperature,
    ...(injected ? { controller: injected } : {}),
  });
  const before: number[] = [];
  const after: number[] = [];
  const end: number[] = [];
  for (let batch = 0; batch * PLAYED_TOGETHER < episodes; batch++) {
    if (codes) held.write(Float32Array.from(codes.slice(batch * PLAYED_TOGETHER, (batch + 1) * PLAYED_TOGETHER).flat()));
    const { action, horizon, open } = await rollout.run(batch);
    const [last, first] = [new Array<number>(PLAYED_TOGETHER).fill(-1), new Array<number>(PLAYED_TOGETHER).fill(-1)];
    let placed = false;
    const ends = new Array<number>(PLAYED_TOGETHER).fill(-1);
    environment.reset(WORLD_SEED.evaluation + seed, { firstEpisode: batch * PLAYED_TOGETHER });
    for (let t = 0; t < horizon; t++) {
      const { info } = environment.step(fromLeaves(environment.actionSpace, actionsAt(environment.actionSpace, action, horizon, t)));
      placed ||= info.place !== undefined;
      for (let i = 0; i < PLAYED_TOGETHER; i++) {
        // A code that was let go is never held again.
        if (t === from || open[i * horizon + t]) ends[i] = info.place?.[i] ?? -1;
        const event = info.event?.[i] ?? -1;
        if (event < 0) continue;
        if (t < from) last[i] = event;
        else if (first[i] < 0) first[i] = event;
      }
    }
    before.push(...last);
    after.push(...first);
    end.push(...(placed ? ends : first));
  }
  rollout.dispose();
  injected?.dispose();
  held.dispose();
  return { before, after, end };
}

/** Whether a transition is one that the training tasks never show. */
export function unseenBy(config: Config): (from: number, to: number) => boolean {
  const { tasks, spaces } = worldOf(config);
  const count = spaces.events.length;
  const shown = shownTransitions(
    tasks.map(({ events }) => events),
    count,
  );
  return (from, to) => from >= 0 && from !== to && shown[from * count + to] === 0;
}

/** Share of episodes that touch their target next; those whose last colour it was already do not count. */
export interface Reached {
  readonly reached: number;
  /** Of those for which that would be a transition never shown; `null` where there is none. */
  readonly unseen: number | null;
}

const share = (of: readonly boolean[]): number => of.filter(Boolean).length / Math.max(1, of.length);

/** @param unseen whether a transition is one that no demonstration shows. */
export function reachedOf(
  { before, after }: FirstTouch,
  target: readonly number[],
  unseen: (from: number, to: number) => boolean,
): Reached {
  const rows = target.map((colour, i) => ({ hit: after[i] === colour, other: before[i] !== colour, strange: unseen(before[i], colour) }));
  const strange = rows.filter((row) => row.strange);
  return {
    reached: share(rows.filter(({ other }) => other).map(({ hit }) => hit)),
    unseen: strange.length > 0 ? share(strange.map(({ hit }) => hit)) : null,
  };
}

/** Entropy in nats of a list of classes; −1 is a class of its own. */
export function entropyOf(classes: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const one of classes) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts.values()].reduce((sum, n) => sum - (n / classes.length) * Math.log(n / classes.length), 0);
}
