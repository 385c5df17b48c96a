/** What settings are made of: sections of systems, and those of the world and the model that are chosen. */
import type { WorldDefaults, WorldDefinition } from '@coxswain/envs';
import type { z } from 'zod';
import { SettingError } from '../errors.js';

type Values = Readonly<Record<string, unknown>>;

/** Settings that phases share: a run is identified by the sections its phase reads. */
export interface Section<N extends string = string, S extends z.ZodObject = z.ZodObject> {
  readonly name: N;
  readonly schema: S;
  /** What differs from the defaults under the name of a preset. */
  readonly presets?: Readonly<Record<string, Partial<z.output<S>>>>;
  /** What the world says of it where nobody else does. */
  fromWorld?(defaults: WorldDefaults): Partial<z.output<S>>;
  /** What settings by themselves cannot say. @throws SettingError. */
  check?(values: z.output<S>): void;
}

/** Infers a section's types. */
export const section = <const N extends string, S extends z.ZodObject>(of: Section<N, S>): Section<N, S> => of;

/** A world or a model that can be chosen by name, with settings of its own. */
export interface Kind {
  readonly name: string;
  readonly settings: z.ZodObject;
  readonly presets?: Readonly<Record<string, Values>>;
  check?(settings: Values): void;
}

/** The file that a world was read from: the path as it was given, and what the file holds. */
export interface Origin {
  readonly file: string;
  readonly sha256: string;
}

export type WorldKind = Kind & Pick<WorldDefinition, 'defaults' | 'task' | 'taskWords'> & { readonly origin?: Origin };

/** The section of what is chosen by its `name`: `first`, then the chosen kind's settings, then `rest`. */
export interface ChoiceSection<N extends string, K extends Kind> {
  readonly name: N;
  /** The default first. */
  readonly kinds: readonly K[];
  /** What `name` means. */
  readonly about: string;
  readonly rest: z.ZodRawShape;
  /** Whether the section holds the settings of all these kinds, whichever is chosen; each reads its own. */
  readonly together?: boolean;
  /** What a configuration may hold of it that is no setting; by `false` what does not decide what a run computes. */
  readonly recorded?: Readonly<Record<string, boolean>>;
  fromWorld?(defaults: WorldDefaults): Values;
}

/** The world as checks of tasks ask it. */
export interface AskedWorld {
  /** What a task is a sequence of: `colour`. */
  readonly event: string;
  /** How many events a task has. @throws SettingError, in the name of the setting, for what is none. */
  events(key: string, text: string): number;
}

/** @throws SettingError unless it holds. */
export function requireThat(holds: boolean, key: string, value: unknown, expected: string, remedy: string): void {
  if (!holds) throw new SettingError(key, String(value), expected, remedy);
}

/** Requires steps of a schedule to lie within the run. */
export function requireWithin<Name extends string>(of: string, values: Record<Name | 'steps', number>, names: readonly Name[]): void {
  const expected = `at most ${of}.steps (${values.steps})`;
  for (const name of names) requireThat(values[name] <= values.steps, `${of}.${name}`, values[name], expected, 'Lower it with the steps.');
}
