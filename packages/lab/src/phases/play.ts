/** Playing episodes without learning from them, and what is told about them. */

import { GridworldPinpad } from '@coxswain/envs';
import { gateValues } from '@coxswain/metacontroller';
import {
  type BatchPart,
  CodeController,
  DevicePinpad,
  type Episodes,
  LARGEST_DEVICE_WORLD,
  type Policy,
  PolicyCodes,
  Rollout,
} from '@coxswain/rl';
import type { Device, Tensor } from '@coxswain/tensor';
import type { Config } from '../config.js';
import type { DrawnEpisode } from '../report/data.js';
import { gridOf } from '../worlds.js';
import type { Base } from './base.js';
import type { Controller } from './controller.js';
import { methodOf } from './methods.js';
import { worldOf } from './world.js';

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
  readonly drawn: DrawnEpisode[];
}

/** f32 [4] of the gate while acting: β is binarised at `reinforce.gateThreshold`, or always open for the baseline without temporal abstraction. */
export function actingGate(device: Device, config: Config): Tensor {
  return device.tensor(gateValues({ mode: methodOf(config).actingGate, temperature: 1, threshold: config.reinforce.gateThreshold }));
}

/** The worlds of a task, as RL and evaluation play them. */
export function taskWorlds(config: Config, base: Base, task: string, horizon: number, environments: number): GridworldPinpad {
  return new GridworldPinpad({ world: worldOf(config), tasks: [task], horizon, environments, observation: base.space });
}

/**
 * The worlds of a task for a player that needs no host between steps: on the device where a readback is dear. On a software adapter
 * it costs next to nothing, and a host that sees how many episodes still run spares more than that. Both play the same episodes.
 */
export function learningWorlds(config: Config, base: Base, task: string, horizon: number, environments: number) {
  const { device } = base.store;
  const { view: observation } = base.space;
  return device.traits.family === 'gpu' && gridOf(config).size <= LARGEST_DEVICE_WORLD
    ? new DevicePinpad(device, { world: worldOf(config), tasks: [task], horizon, environments, observation })
    : taskWorlds(config, base, task, horizon, environments);
}

/** A batch of so many episodes in parts as equal as can be, none of them empty: where it is too small, fewer than asked for. */
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
  const { device } = base.store;
  const environment = taskWorlds(config, base, task, horizon, episodes);
  const gate = actingGate(device, config);
  const source = steered && new PolicyCodes(steered.policy, episodes);
  const { layer } = config.metacontroller;
  const controller = source && new CodeController({ metacontroller: steered.controller.model, layer, source, episodes, gate });
  const { temperature } = config.reinforce;
  const shared = episodes < of ? { part: { before, of } } : {};
  const rollout = new Rollout({ model: base.model, environment, seed, temperature, ...(controller && { controller }), ...shared });
  const dispose = (): void => {
    for (const part of [rollout, controller, source, gate]) part?.dispose();
  };
  return { environment, rollout, dispose };
}

/** Samples episodes of a task. @param others the same actor on other devices: together they play the same episodes as one would. */
export async function play(config: Config, actor: Actor, options: PlayOptions, others: readonly Actor[] = []): Promise<Played> {
  const { task, seed, draw = 0 } = options;
  const actors = [actor, ...others];
  const parts = partsOf(Math.min(PLAYED_TOGETHER, options.episodes), actors.length);
  const players = parts.map((part, i) => player(config, actors[i], options, part));
  let won = 0;
  let played = 0;
  const drawn: DrawnEpisode[] = [];
  for (let batch = 0; played < options.episodes; batch++) {
    const batches = await Promise.all(players.map(({ rollout }) => rollout.run(batch)));
    for (const { count, reward } of batches) {
      played += count;
      for (const one of reward) won += one > 0 ? 1 : 0;
    }
    if (batch === 0 && draw > 0) drawn.push(...describe(config, players[0].environment, batches[0], draw, { seed, batch, task }));
  }
  for (const { dispose } of players) dispose();
  return { success: won / played, episodes: played, drawn };
}

/** An episode as the world went through it. */
export interface Replayed {
  /** [cells] */
  readonly layout: readonly number[];
  /** Cell before the first step and after each. */
  readonly path: readonly number[];
  /** Colour touched by each step, −1 for none. */
  readonly visited: readonly number[];
}

/** A batch played again from its actions, to see every cell. */
export function replay(
  environment: GridworldPinpad,
  again: { readonly seed: number; readonly batch: number },
  { action, length, horizon }: Episodes,
): Replayed[] {
  const { environments, world } = environment;
  const cells = world.size ** 2;
  const { info } = environment.reset(again.seed, { firstEpisode: again.batch * environments });
  const seen = Array.from({ length: environments }, (_, i) => ({
    layout: [...environment.layout.subarray(i * cells, (i + 1) * cells)],
    path: [info.position[i]],
    visited: [] as number[],
  }));
  for (let t = 0; t < horizon; t++) {
    environment.step(Int32Array.from({ length: environments }, (_, i) => Math.max(0, action[i * horizon + t])));
    for (const [i, { path, visited }] of seen.entries()) {
      if (t >= length[i]) continue;
      path.push(info.position[i]);
      visited.push(info.visited[i]);
    }
  }
  return seen;
}

/** The first `count` episodes of a batch, as a report draws them. */
function describe(
  config: Config,
  environment: GridworldPinpad,
  episodes: Episodes,
  count: number,
  again: { seed: number; batch: number; task: string },
): DrawnEpisode[] {
  const { size, colours } = gridOf(config);
  const { open, reward, length, horizon } = episodes;
  return replay(environment, again, episodes)
    .slice(0, count)
    .map(({ layout, path }, i) => ({
      title: `${again.task}, episode ${i + 1}`,
      size,
      layout,
      colours,
      path,
      task: [...again.task].map(Number),
      switches: [...open.subarray(i * horizon, i * horizon + length[i])].flatMap((opened, t) => (opened ? [t] : [])),
      success: reward[i] > 0,
    }));
}
