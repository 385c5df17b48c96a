/** What a setting may hold, and how it is read from `--set key=value`. */

export type SettingKind = 'integer' | 'number' | 'flag' | 'choice' | 'text' | 'list';

/** One setting: its sentence, its range, and whether a different value makes a different run. */
export type Setting<T> = {
  readonly kind: SettingKind;
  /** One sentence for people. */
  readonly about: string;
  /** What values are allowed, in words. */
  readonly expected: string;
  /** False for what changes how a run is shown or saved but not what it computes; such a setting is not hashed. */
  readonly hashed: boolean;
  readonly accepts: (value: unknown) => value is T;
  /** Reads the text after `=`; `undefined` when it cannot be read at all. */
  readonly parse: (text: string) => unknown;
};

export type Range = { readonly min?: number; readonly max?: number; readonly hashed?: boolean };

/** The value type of a setting. */
export type ValueOf<S> = S extends Setting<infer T> ? T : never;

function rangeInWords(noun: string, { min, max }: Range): string {
  if (min !== undefined && max !== undefined) return `${noun} from ${min} to ${max}`;
  if (min !== undefined) return `${noun} of at least ${min}`;
  if (max !== undefined) return `${noun} of at most ${max}`;
  return noun;
}

const inRange = (value: number, { min = -Infinity, max = Infinity }: Range) => value >= min && value <= max;
const numberFrom = (text: string): unknown => (text.trim() === '' ? undefined : Number(text));

export function integer(about: string, range: Range = {}): Setting<number> {
  const expected = rangeInWords('a whole number', range);
  const accepts = (value: unknown): value is number => Number.isSafeInteger(value) && inRange(value as number, range);
  return { kind: 'integer', about, expected, hashed: range.hashed ?? true, accepts, parse: numberFrom };
}

export function number(about: string, range: Range = {}): Setting<number> {
  const expected = rangeInWords('a number', range);
  const accepts = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && inRange(value, range);
  return { kind: 'number', about, expected, hashed: range.hashed ?? true, accepts, parse: numberFrom };
}

export function flag(about: string): Setting<boolean> {
  const accepts = (value: unknown): value is boolean => typeof value === 'boolean';
  const parse = (text: string) => (text === 'true' ? true : text === 'false' ? false : undefined);
  return { kind: 'flag', about, expected: 'true or false', hashed: true, accepts, parse };
}

export function choice<const T extends string>(about: string, choices: readonly T[]): Setting<T> {
  const accepts = (value: unknown): value is T => (choices as readonly unknown[]).includes(value);
  return { kind: 'choice', about, expected: `one of ${choices.join(', ')}`, hashed: true, accepts, parse: (text) => text };
}

/** A sequence of colours written as digits, `0123`. */
export function task(about: string, options: { readonly optional?: boolean } = {}): Setting<string> {
  const pattern = options.optional ? /^[0-9]*$/ : /^[0-9]+$/;
  const accepts = (value: unknown): value is string => typeof value === 'string' && pattern.test(value);
  return {
    kind: 'text',
    about,
    expected: `colours as digits, like 0123${options.optional ? ', or nothing' : ''}`,
    hashed: true,
    accepts,
    parse: (text) => text,
  };
}

export function tasks(about: string): Setting<readonly string[]> {
  const accepts = (value: unknown): value is readonly string[] =>
    Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string' && /^[0-9]+$/.test(item));
  return {
    kind: 'list',
    about,
    expected: 'tasks as digits with commas between, like 032,103',
    hashed: true,
    accepts,
    parse: (text) => text.split(',').map((item) => item.trim()),
  };
}
