/** What is asked of Dawn when an instance of it is made. */
import { CoxswainError } from '@coxswain/base';

/** Options of the `webgpu` package that list toggles, and whether they enable them. Dawn keeps the last of each. */
const LISTS: readonly (readonly [string, boolean])[] = [
  ['enable-dawn-features', true],
  ['disable-dawn-features', false],
];

/** Before a toggle that is to be off. */
const OFF = 'no-';

const NAME = /^[a-z][a-z0-9_]*$/;

/** Toggles that are asked for, on or off, and what else is. */
export interface DawnRequest {
  readonly toggles: ReadonlyMap<string, boolean>;
  /** Other options of the `webgpu` package, `KEY=VALUE`. */
  readonly others: readonly string[];
}

/**
 * Reads what is asked of Dawn: each part a `TOGGLE`, a `no-TOGGLE` that is to be off, several of them with commas
 * between, or a `KEY=VALUE` option of the `webgpu` package. Of a toggle that is named twice the last word holds.
 * @throws CoxswainError `bad-toggle` for what cannot be a toggle's name.
 */
export function dawnRequest(parts: readonly string[]): DawnRequest {
  const toggles = new Map<string, boolean>();
  const others: string[] = [];
  const turn = (names: string, on: boolean): void => {
    for (const name of names.split(',').map((word) => word.trim())) {
      if (name === '') continue;
      if (!NAME.test(name)) throw badToggle(name, 'a name of small letters, digits and underscores');
      toggles.set(name, on);
    }
  };
  for (const part of parts.map((text) => text.trim())) {
    const [key] = part.split('=', 1);
    const list = LISTS.find(([option]) => option === key);
    if (list) turn(part.slice(key.length + 1), list[1]);
    else if (key !== part) others.push(part);
    else for (const word of part.split(',').map((text) => text.trim())) turn(word.replace(OFF, ''), !word.startsWith(OFF));
  }
  return { toggles, others };
}

/**
 * The same as options for the `webgpu` package: one that lists all toggles that are to be on, one for those that are to
 * be off.
 */
export function dawnFlags({ toggles, others }: DawnRequest): string[] {
  const lists = LISTS.map(([option, on]) => [option, [...toggles.keys()].filter((name) => toggles.get(name) === on)] as const);
  return [...lists.filter(([, names]) => names.length > 0).map(([option, names]) => `${option}=${names.join(',')}`), ...others];
}

/** The same in the words that `dawnRequest` reads, one each. */
export const dawnWords = ({ toggles, others }: DawnRequest): string[] => [
  ...[...toggles].map(([name, on]) => (on ? name : `${OFF}${name}`)),
  ...others,
];

/** What a toggle is refused with. */
export function badToggle(value: string, expected: string): CoxswainError {
  const remedy = 'They are listed in src/dawn/native/Toggles.cpp of Dawn';
  return new CoxswainError(`Dawn toggle \`${value}\`, expected ${expected}. ${remedy}.`, { code: 'bad-toggle', value, expected, remedy });
}
