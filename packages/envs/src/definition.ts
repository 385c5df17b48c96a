/** A world by name: its settings, its spaces, its tasks, and what else it offers. */
import type { Space, Values } from '@coxswain/base';
import type { Device } from '@coxswain/tensor';
import type { z } from 'zod';
import type { DeviceWorld } from './device/world.js';
import type { Recording } from './recorded.js';
import type { Trajectories } from './trajectories.js';
import type { Value } from './values.js';
import type { World } from './world.js';

/** A task as its world reads it: the text '0123' becomes events in order. */
export interface Task {
  readonly text: string;
  /** Indices into the world's events, to be reached in this order. */
  readonly events: readonly number[];
}

/** How worlds are opened to be played. */
export interface Opening {
  /** `free`: nothing is asked; nothing ends an episode but the horizon, and reward is 0. */
  readonly task: Task | 'free';
  /** N. */
  readonly environments: number;
  /** T. */
  readonly horizon: number;
}

/** Which demonstrations are wanted. */
export interface DemonstrationSettings {
  readonly tasks: readonly Task[];
  /** T: longer episodes are dropped. */
  readonly horizon: number;
  /** N. */
  readonly count: number;
  readonly seed: number;
  /** ε: how far the expert is disturbed, 0 to 1; what it means is the world's. */
  readonly noise: number;
  /**
   * Which of several ways that are as good the expert takes: any of them, or always the same one. Worlds with one way
   * pay no heed.
   */
  readonly ties?: 'random' | 'first';
}

/** What a world shows and takes. */
export interface WorldSpaces<O extends Space = Space, A extends Space = Space> {
  readonly observation: O;
  readonly action: A;
  /** Names of what can be reached, in the order of their indices; none where the world has no such thing. */
  readonly events: readonly string[];
  /**
   * What the model learns to predict of the next observation, besides actions: a space of its own (a cell, a
   * position). The observation's own where it is absent and a head for it exists; else nothing.
   */
  readonly predicted?: Space;
}

/** What settings a world takes where nobody says otherwise. */
export interface WorldDefaults {
  /** Tasks that the experts are shown at. */
  readonly tasks: readonly string[];
  /** Steps after which a demonstration is cut. */
  readonly horizon: number;
  /** Task to be rewarded, and steps after which an episode of it ends. */
  readonly reward: { readonly task: string; readonly horizon: number };
  /** A longer task, at which what was learned is also tried. */
  readonly longer?: { readonly task: string; readonly horizon: number };
}

/** How a world's tasks are written, in the words of messages. */
export interface TaskWords {
  /** `colours as digits, like 0123` */
  readonly one: string;
  readonly list: string;
  /** What a task is a sequence of: `colour`. */
  readonly event: string;
}

/**
 * A picture of one episode. Where a report plays it, parts of an SVG are there from the step on that their `data-step`
 * says, and move as `movesOf` says; `data-pace` of the whole are the milliseconds of a step.
 */
export type Picture = { readonly svg: string } | { readonly width: number; readonly height: number; readonly rgba: Uint8ClampedArray };

/** An episode as it went, for a picture of it. */
export interface Trace<O extends Space = Space, A extends Space = Space> {
  readonly steps: number;
  /** Values of `steps + 1` observations and of `steps` actions. */
  readonly observation: Values<O>;
  readonly action: Values<A>;
  /** `[steps]` −1 for nothing. */
  readonly event: ArrayLike<number>;
  /** Steps at which a new code was taken. */
  readonly switches: readonly number[];
  readonly task: Task | 'free';
  readonly success: boolean;
}

/** What can be made of single observations and actions, wherever they come from. */
export interface ObservationViews<O extends Space = Space, A extends Space = Space> {
  /** The same observation in a world turned by symmetry `k` (0 is the identity), see `WorldDefinition.symmetries`. */
  turn?(observation: Value<O>, k: number): Value<O>;
  turnAction?(action: Value<A>, k: number): Value<A>;
  /** What `WorldSpaces.predicted` is of an observation. */
  predicted?(observation: Value<O>): Value<Space>;
}

/**
 * A world by name. What is optional a phase names as what it needs, and is refused in one sentence where it is
 * absent.
 */
export interface WorldDefinition<S extends z.ZodObject = z.ZodObject, O extends Space = Space, A extends Space = Space> {
  readonly name: string;
  /** One sentence. */
  readonly about: string;
  /** Each with a sentence (`describe`) and a default, unless every preset says it. */
  readonly settings: S;
  /** Settings by the name of a preset. */
  readonly presets?: Readonly<Record<string, z.input<S>>>;
  defaults(settings: z.output<S>): WorldDefaults;
  /** What settings by themselves cannot say. @throws CoxswainError. */
  check?(settings: z.output<S>): void;
  spaces(settings: z.output<S>): WorldSpaces<O, A>;
  /** @throws EnvError `bad-task` for a text that names no task of this world. */
  task(settings: z.output<S>, text: string): Task;
  readonly taskWords?: TaskWords;
  open(settings: z.output<S>, how: Opening): World<O, A>;
  /** Threads that the costly part of its steps is spread over; the calling one alone where it does not say. */
  readonly threads?: number;
  /** The same episodes without the host between their steps; nothing where these settings do not allow it. */
  onDevice?(settings: z.output<S>, how: Opening, device: Device): DeviceWorld | undefined;
  /**
   * Episodes of an expert; yields how many it has so far, and in the end gives them. A smaller set of a seed begins a
   * larger one.
   */
  demonstrations?(settings: z.output<S>, how: DemonstrationSettings): Generator<number, Trajectories<O, A>>;
  /**
   * The least mean −log probability of an action that any model can have on these demonstrations, and its standard
   * error. They are its own, of these tasks and this noise.
   */
  bayesFloor?(
    settings: z.output<S>,
    data: Trajectories<O, A>,
    how: Pick<DemonstrationSettings, 'tasks' | 'noise'>,
  ): { readonly nll: number; readonly nllError: number };
  /**
   * Episodes that were played as trajectories that can be turned, from what they showed; without it they cannot be
   * turned.
   */
  played?(settings: z.output<S>, recording: Recording): Trajectories<O, A>;
  /** How many symmetries it has, the identity first: `Trajectories.observe` shows episodes under each. */
  readonly symmetries?: number;
  /** For demonstrations from files, see `trajectoriesFromArrays`. */
  views?(settings: z.output<S>): ObservationViews<O, A>;
  draw?(settings: z.output<S>, trace: Trace<O, A>): Picture;
}

/** Infers a definition's types, then forgets them, so that worlds of any kind make a list. */
export function world<const S extends z.ZodObject, const O extends Space, const A extends Space>(
  definition: WorldDefinition<S, O, A>,
): WorldDefinition {
  return definition as unknown as WorldDefinition;
}
