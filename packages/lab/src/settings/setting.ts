/** What a setting may hold, as a zod type: its sentence, default and range, and whether it identifies a run. */
import type { TaskWords } from '@coxswain/envs';
import { z } from 'zod';

/** One setting, as it is listed, checked and read from `--set key=value`. */
export interface Setting {
  /** One sentence for people. */
  readonly about: string;
  /** What values are allowed, in words. */
  readonly expected: string;
  /** False for what changes how a run is saved but not what it computes; such a setting is not hashed. */
  readonly hashed: boolean;
  /** How it is a text of the world's, if so: its words are checked by the world. */
  readonly task: TaskKind | undefined;
  /** Its value where nobody says another; `undefined` where there is none. */
  readonly initial: unknown;
  readonly accepts: (value: unknown) => boolean;
  /** Reads the text after `=`; `undefined` when it cannot be read at all. */
  readonly parse: (text: string) => unknown;
}

type TaskKind = 'one' | 'none or one' | 'list';

export type Range = { readonly min?: number; readonly max?: number; readonly hashed?: boolean };

function bounded<T extends z.ZodNumber>(type: T, { min, max }: Range): T {
  const above = min === undefined ? type : type.min(min);
  return (max === undefined ? above : above.max(max)) as T;
}

const notes = (about: string, { hashed }: Range) => ({ description: about, ...(hashed === false ? { hashed } : {}) });

export function integer(about: string, initial: number, range: Range = {}): z.ZodDefault<z.ZodNumber> {
  return bounded<z.ZodNumber>(z.int(), range).default(initial).meta(notes(about, range));
}

export function number(about: string, initial: number, range: Range = {}): z.ZodDefault<z.ZodNumber> {
  return bounded(z.number(), range).default(initial).meta(notes(about, range));
}

export function flag(about: string, initial: boolean): z.ZodDefault<z.ZodBoolean> {
  return z.boolean().default(initial).describe(about);
}

export function choice<const T extends string>(about: string, initial: T, choices: readonly T[]): z.ZodDefault<z.ZodType<T, T>> {
  return (z.enum(choices) as unknown as z.ZodType<T, T>).default(initial as never).describe(about) as z.ZodDefault<z.ZodType<T, T>>;
}

/** A task of the world, which is asked what is one; it says the default, too. */
export const task = (about: string): z.ZodString =>
  z
    .string()
    .min(1)
    .meta({ description: about, task: 'one' satisfies TaskKind });

export const optionalTask = (about: string): z.ZodDefault<z.ZodString> =>
  z
    .string()
    .default('')
    .meta({ description: about, task: 'none or one' satisfies TaskKind });

export const tasks = (about: string): z.ZodArray<z.ZodString> =>
  z
    .array(z.string().min(1))
    .min(1)
    .meta({ description: about, task: 'list' satisfies TaskKind });

type Notes = { readonly description?: string; readonly hashed?: boolean; readonly task?: TaskKind };

/** By what a type says of itself: a world's own file may bring another copy of zod. */
const isA = (type: z.ZodType, kind: z.ZodType['def']['type']): boolean => type.def.type === kind;

interface Unwrapped {
  readonly inner: z.ZodType;
  readonly initial: unknown;
  readonly noted: Notes;
}

/** A type without its default, and what was noted of it on the way. */
function unwrap(type: z.ZodType): Unwrapped {
  const noted = (type.meta() ?? {}) as Notes;
  if (!isA(type, 'default')) return { inner: type, initial: undefined, noted };
  const further = unwrap((type as z.ZodDefault<z.ZodType>).unwrap());
  return { inner: further.inner, initial: type.parse(undefined), noted: { ...further.noted, ...noted } };
}

/** Every stored run that is read is completed, which asks all of them. */
const KNOWN = new WeakMap<z.ZodType, Unwrapped>();

function unwrapped(type: z.ZodType): Unwrapped {
  const known = KNOWN.get(type) ?? unwrap(type);
  KNOWN.set(type, known);
  return known;
}

const UNNAMED: TaskWords = { one: 'a task of the world', list: 'tasks of the world with commas between', event: 'event' };

/** How its settings are described. @param words those of the world that is chosen. */
export function settingOf(type: z.ZodType, words: TaskWords = UNNAMED): Setting {
  const { inner, initial, noted } = unwrapped(type);
  const { description = '', hashed = true, task: kind } = noted;
  return {
    about: description,
    expected: kind ? taskInWords(kind, words) : inWords(inner),
    hashed,
    task: kind,
    initial,
    accepts: (value) => inner.safeParse(value).success,
    parse: (text) => read(inner, text),
  };
}

const taskInWords = (kind: TaskKind, words: TaskWords): string =>
  kind === 'list' ? words.list : kind === 'one' ? words.one : `${words.one}, or nothing`;

const elementOf = (type: z.ZodType): z.ZodType => (type as z.ZodArray<z.ZodType>).element;

function inWords(type: z.ZodType): string {
  if (isA(type, 'number')) return rangeInWords(type as z.ZodNumber);
  if (isA(type, 'boolean')) return 'true or false';
  if (isA(type, 'enum')) return `one of ${(type as z.ZodEnum).options.join(', ')}`;
  if (isA(type, 'array')) return `${inWords(elementOf(type))}, with commas between`;
  return isA(type, 'string') ? 'text' : type.def.type;
}

function rangeInWords({ isInt, minValue, maxValue }: z.ZodNumber): string {
  const noun = isInt ? 'a whole number' : 'a number';
  // A whole number without a bound is bounded by what numbers can count to.
  const min = minValue === null || minValue <= Number.MIN_SAFE_INTEGER ? undefined : minValue;
  const max = maxValue === null || maxValue >= Number.MAX_SAFE_INTEGER ? undefined : maxValue;
  if (min !== undefined && max !== undefined) return `${noun} from ${min} to ${max}`;
  if (min !== undefined) return `${noun} of at least ${min}`;
  return max === undefined ? noun : `${noun} of at most ${max}`;
}

function read(type: z.ZodType, text: string): unknown {
  if (isA(type, 'number')) return text.trim() === '' ? undefined : Number(text);
  if (isA(type, 'boolean')) return text === 'true' ? true : text === 'false' ? false : undefined;
  if (isA(type, 'enum') || isA(type, 'string')) return text;
  if (isA(type, 'array')) return text.split(',').map((item) => read(elementOf(type), item.trim()));
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
