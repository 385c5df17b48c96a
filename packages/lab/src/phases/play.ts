/** Playing episodes without learning from them, and what is told about them. */
import { GridworldPinpad } from '@coxswain/envs';
import { CodeController, DevicePinpad, type Episodes, LARGEST_DEVICE_WORLD, type Policy, PolicyCodes, Rollout } from '@coxswain/rl';
import type { Device, Tensor } from '@coxswain/tensor';
import type { DrawnEpisode } from '../report/data.js';
import type { Config } from '../settings/sections.js';
import type { Base } from './base.js';
import type { Controller } from './controller.js';
import { gateValues, methodOf } from './methods.js';
import { worldOf } from './world.js';

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

/** f32 [4] of the gate while acting: β is binarised, or always open for the baseline without temporal abstraction. */
export function actingGate(device: Device, config: Config): Tensor {
  return device.tensor(gateValues({ mode: methodOf(config).actingGate, temperature: 1 }));
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
  const { kind: observation } = base.space;
  return device.traits.family === 'gpu' && config.world.size <= LARGEST_DEVICE_WORLD
    ? new DevicePinpad(device, { world: worldOf(config), tasks: [task], horizon, environments, observation })
    : taskWorlds(config, base, task, horizon, environments);
}

/**
 * Samples at least `episodes` episodes of a task.
 * @param seed of the worlds and of everything sampled.
 * @param draw how many of them to describe for a report.
 */
export async function play(
  config: Config,
  actor: Actor,
  options: { task: string; horizon: number; episodes: number; seed: number; draw?: number },
): Promise<Played> {
  const { base, steered } = actor;
  const { device } = base.store;
  const { task, horizon, seed, draw = 0 } = options;
  const environments = Math.min(512, options.episodes);
  const environment = taskWorlds(config, base, task, horizon, environments);
  const gate = actingGate(device, config);
  const source = steered && new PolicyCodes(steered.policy, environments);
  const controller =
    steered &&
    source &&
    new CodeController({
      metacontroller: steered.controller.model,
      layer: config.metacontroller.layer,
      source,
      episodes: environments,
      gate,
    });
  const { temperature } = config.reinforce;
  const rollout = new Rollout({ model: base.model, environment, seed, temperature, ...(controller ? { controller } : {}) });
  let won = 0;
  let played = 0;
  const drawn: DrawnEpisode[] = [];
  for (let batch = 0; played < options.episodes; batch++) {
    const episodes = await rollout.run(batch);
    played += episodes.count;
    for (const reward of episodes.reward) won += reward > 0 ? 1 : 0;
    if (batch === 0 && draw > 0) drawn.push(...describe(config, environment, episodes, draw, { seed, batch, task }));
  }
  rollout.dispose();
  controller?.dispose();
  source?.dispose();
  gate.dispose();
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
  const { size, colours } = config.world;
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
