/** What rules of worlds are written in. */
import { CounterRandom, describeSpace, leafSize, leafValues, leavesOf, type Space } from '@coxswain/base';
import type { Task, WorldDefaults, WorldDefinition, WorldSpaces } from '../definition.js';
import type { Reset, Step, World } from '../world.js';
import { randomActions } from './random-actions.js';

/** The world under check, with what every rule asks of it. */
export interface Checked {
  readonly definition: WorldDefinition;
  readonly settings: never;
  readonly spaces: WorldSpaces;
  readonly defaults: WorldDefaults;
  /** The task to be rewarded. */
  readonly task: Task;
  /** T of the worlds that are played: short, so that some episodes are cut. */
  readonly horizon: number;
}

export interface Rule {
  /** What has to hold, in words. */
  readonly rule: string;
  /** @returns what does not hold; nothing where all is well. Throwing is not holding. */
  broken(checked: Checked): string | undefined;
}

/** What is wrong, where: the words of every finding. */
export const complaint = (
  { definition }: Checked,
  { episode, step }: { readonly episode: number; readonly step: number },
  { what, given, expected }: { readonly what: string; readonly given: unknown; readonly expected: unknown },
): string => `${definition.name}, episode ${episode}, step ${step}: ${what} is ${given}, expected ${expected}`;

/** One moment of one environment, as numbers. */
export interface Frame {
  readonly observation: readonly number[];
  readonly reward: number;
  readonly terminated: number;
  readonly truncated: number;
  readonly event: number;
  readonly progress: number;
}

function numbersOf(space: Space, values: unknown, i: number): number[] {
  const arrays = leafValues(space, values);
  return leavesOf(space).flatMap((leaf, at) => {
    const size = leafSize(leaf.space);
    return Array.from(arrays[at]?.subarray(i * size, (i + 1) * size) ?? []);
  });
}

export function frameOf(world: World, step: Reset | Step, i: number): Frame {
  const flags = 'reward' in step ? { reward: step.reward[i], terminated: step.terminated[i], truncated: step.truncated[i] } : {};
  return {
    reward: 0,
    terminated: 0,
    truncated: 0,
    ...flags,
    observation: numbersOf(world.observationSpace, step.observation, i),
    event: step.info.event?.[i] ?? -1,
    progress: step.info.progress?.[i] ?? 0,
  };
}

/** The first thing in which two frames differ. */
export function difference(given: Frame, expected: Frame): { what: string; given: unknown; expected: unknown } | undefined {
  const at = given.observation.findIndex((value, i) => !Object.is(value, expected.observation[i]));
  if (at >= 0 || given.observation.length !== expected.observation.length)
    return { what: `number ${at} of the observation`, given: given.observation[at], expected: expected.observation[at] };
  const what = (['reward', 'terminated', 'truncated', 'event', 'progress'] as const).find(
    (name) => !Object.is(given[name], expected[name]),
  );
  return what && { what, given: given[what], expected: expected[what] };
}

/** How worlds are played. */
export interface Playing {
  readonly environments?: number;
  readonly firstEpisode?: number;
  readonly seed?: number;
  readonly task?: Task | 'free';
  /** Changes actions before they are taken. */
  readonly actions?: (values: unknown) => unknown;
}

export function openWorld({ definition, settings, task, horizon }: Checked, { environments = 8, task: asked = task }: Playing = {}): World {
  return definition.open(settings, { task: asked, environments, horizon });
}

/** Steps beyond the horizon that are played, to see what holds after the end. */
const BEYOND = 3;

/** Plays a world with random actions from a reset on, `BEYOND` steps past its horizon. */
export function* play(world: World, { firstEpisode = 0, seed = 1, actions = (values) => values }: Playing = {}): Generator<Reset | Step> {
  const random = new CounterRandom(seed);
  const episodes = Float64Array.from({ length: world.environments }, (_, i) => firstEpisode + i);
  yield world.reset(seed, { firstEpisode });
  for (let t = 0; t < world.horizon + BEYOND; t++)
    yield world.step(actions(randomActions(world.actionSpace, random, episodes, t)) as never);
}

/** `[N]` the frames of each episode. */
export function framesOf(world: World, playing: Playing = {}): Frame[][] {
  const log: Frame[][] = Array.from({ length: world.environments }, () => []);
  for (const step of play(world, playing)) for (const [i, frames] of log.entries()) frames.push(frameOf(world, step, i));
  return log;
}

export const sameSpace = (given: Space, expected: Space): boolean => describeSpace(given) === describeSpace(expected);
