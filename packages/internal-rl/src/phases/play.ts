/** Playing episodes without learning from them, and what is told about them. */

import { fromLeaves, type LeafValues, leafSize, leavesOf, type Space } from '@coxswain/base';
import type { Trace, World } from '@coxswain/envs';
import type { Base, Config } from '@coxswain/lab';
import type { Gate } from '@coxswain/metacontroller';
import { type BatchPart, CodeController, type Episodes, type Policy, PolicyCodes, Rollout } from '@coxswain/rl';
import { drawGrid } from '../grid/episodes.js';
import type { ShownEpisode } from '../report/shown-episodes.js';
import type { Controller } from './controller.js';
import { methodOf } from './methods.js';
import { replay } from './replay.js';

/** Episodes that are played together where no setting says how many. */
export const PLAYED_TOGETHER = 512;

/** Who acts: the base alone, or the base steered by codes from a policy. */
export interface Actor {
  readonly base: Base;
  readonly steered?: { readonly controller: Controller; readonly policy: Policy };
}

export interface Played {
  /** Share of episodes that finished the task. */
  readonly success: number;
  readonly episodes: number;
  readonly drawn: ShownEpisode[];
}

/**
 * The gate while acting: β is binarised at `reinforce.gateThreshold`, or always open for the baseline
 * without temporal abstraction.
 */
export const actingGate = (config: Config): Gate => ({ mode: methodOf(config).actingGate, threshold: config.reinforce.gateThreshold });

/** The worlds of a task, as RL and evaluation play them. */
export function taskWorlds({ world }: Base, task: string, horizon: number, environments: number): World {
  return world.open(world.task(task), horizon, environments);
}

/**
 * The worlds of a task for a player that needs no host between steps: on the device where a readback is dear. On a
 * software adapter it costs next to nothing, and a host that sees how many episodes still run spares more than that.
 * Both play the same episodes.
 */
export function learningWorlds(base: Base, task: string, horizon: number, environments: number) {
  const { device } = base.store;
  const { definition, settings } = base.world;
  const opening = { task: base.world.task(task), horizon, environments };
  const onDevice = device.traits.family === 'gpu' ? definition.onDevice?.(settings, opening, device) : undefined;
  return onDevice ?? taskWorlds(base, task, horizon, environments);
}

/**
 * A batch of so many episodes in parts as equal as can be, none of them empty: where it is too small, fewer than asked
 * for.
 */
export function partsOf(episodes: number, parts: number): (BatchPart & { readonly episodes: number })[] {
  const count = Math.min(parts, episodes);
  const from = (part: number): number => Math.floor((part * episodes) / count);
  return Array.from({ length: count }, (_, i) => ({ before: from(i), of: episodes, episodes: from(i + 1) - from(i) }));
}

export interface PlayOptions {
  readonly task: string;
  readonly horizon: number;
  /** At least so many. */
  readonly episodes: number;
  /** Of the worlds and of everything sampled. */
  readonly seed: number;
  /** How many of them to describe for a report; none by default. */
  readonly draw?: number;
}

/** What plays an actor's part of every batch. */
function player(config: Config, { base, steered }: Actor, { task, horizon, seed }: PlayOptions, part: ReturnType<typeof partsOf>[number]) {
  const { episodes, before, of } = part;
  const environment = taskWorlds(base, task, horizon, episodes);
  const gate = actingGate(config);
  const source = steered && new PolicyCodes(steered.policy, episodes);
  const { layer } = config.metacontroller;
  const controller = source && new CodeController({ metacontroller: steered.controller.model, layer, source, episodes, gate });
  const { temperature } = config.reinforce;
  const shared = episodes < of ? { part: { before, of } } : {};
  const rollout = new Rollout({ model: base.model, environment, seed, temperature, ...(controller && { controller }), ...shared });
  const dispose = (): void => {
    for (const part of [rollout, controller, source]) part?.dispose();
  };
  return { environment, rollout, dispose };
}

/**
 * Samples episodes of a task.
 * @param others the same actor on other devices: together they play the same episodes as one would.
 */
export async function play(config: Config, actor: Actor, options: PlayOptions, others: readonly Actor[] = []): Promise<Played> {
  const { task, seed, draw = 0 } = options;
  const actors = [actor, ...others];
  const parts = partsOf(Math.min(PLAYED_TOGETHER, options.episodes), actors.length);
  const players = parts.map((part, i) => player(config, actors[i], options, part));
  let won = 0;
  let played = 0;
  const drawn: ShownEpisode[] = [];
  for (let batch = 0; played < options.episodes; batch++) {
    const batches = await Promise.all(players.map(({ rollout }) => rollout.run(batch)));
    for (const { count, reward } of batches) {
      played += count;
      for (const one of reward) won += one > 0 ? 1 : 0;
    }
    if (batch === 0 && draw > 0) drawn.push(...describe(actor.base, players[0].environment, batches[0], draw, { seed, batch, task }));
  }
  for (const { dispose } of players) dispose();
  return { success: won / played, episodes: played, drawn };
}

/** One row's values of many, as the space has them. */
function rowsOf(space: Space, arrays: readonly LeafValues[], from: number, count: number): unknown {
  const sizes = leavesOf(space).map(({ space: leaf }) => leafSize(leaf));
  return fromLeaves(
    space,
    arrays.map((array, i) => array.subarray(from * sizes[i], (from + count) * sizes[i])),
  );
}

/** The first `count` episodes of a batch, as a report draws them; none where the world has no picture of itself. */
function describe(
  { world }: Base,
  environment: World,
  episodes: Episodes,
  count: number,
  again: { seed: number; batch: number; task: string },
): ShownEpisode[] {
  const { definition, settings } = world;
  const { open, reward, length, horizon, action } = episodes;
  const { observation, event } = replay(environment, again, episodes);
  const { observationSpace, actionSpace } = environment;
  return Array.from({ length: Math.min(count, episodes.count) }, (_, i) => {
    const steps = length[i];
    const trace = {
      steps,
      observation: rowsOf(observationSpace, observation, i * (horizon + 1), steps + 1),
      action: rowsOf(actionSpace, action, i * horizon, steps),
      event: event.subarray(i * horizon, i * horizon + steps),
      switches: [...open.subarray(i * horizon, i * horizon + steps)].flatMap((opened, t) => (opened ? [t] : [])),
      task: world.task(again.task),
      success: reward[i] > 0,
    } as Trace;
    const title = `${again.task}, episode ${i + 1}`;
    const picture = definition.draw?.(settings, trace);
    if (picture && 'svg' in picture) return [{ title, svg: picture.svg, success: trace.success }];
    return drawGrid(environment, trace, title);
  }).flat();
}
