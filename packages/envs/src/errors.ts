/** What went wrong, for programs. */
import { CoxswainError } from '@coxswain/base';
export type EnvErrorCode =
  | 'bad-world'
  | 'too-many-objects'
  | 'no-reachable-layout'
  | 'bad-task'
  | 'bad-action'
  | 'bad-setting'
  | 'bad-shape'
  | 'bad-cell'
  | 'not-reset'
  | 'impossible-episode'
  | 'bad-argument'
  | 'not-offered'
  | 'bad-demonstrations';

/** Every error that this package throws on purpose: the value at fault, what was expected, and what to do about it. */
export class EnvError extends CoxswainError {
  override name = 'EnvError';

  constructor(code: EnvErrorCode, value: string, expected: string, remedy: string, options?: ErrorOptions) {
    super(`${value}; expected ${expected}. Remedy: ${remedy}.`, { code, value, expected, remedy }, options);
  }
}

/** Steps are counted in 16 bits. */
export const LONGEST_HORIZON = 0xffff;

/** @throws EnvError `bad-setting` unless `value` is an integer from `least` to `most`. */
export function requireInteger(name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new EnvError('bad-setting', `${name} is ${value}`, `an integer ${range}`, `correct ${name}`);
  }
}

/** @throws EnvError `bad-setting` unless `value` is a probability. */
export function requireProbability(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) {
    throw new EnvError('bad-setting', `${name} is ${value}`, 'a probability from 0 to 1', `correct ${name}`);
  }
}

/** @throws EnvError `bad-shape` unless `length` is `expected`. */
export function requireLength(name: string, length: number, expected: number): void {
  if (length !== expected) {
    throw new EnvError('bad-shape', `${name} has ${length} elements`, `${expected} of them`, `pass a ${name} of the declared shape`);
  }
}

/** @throws EnvError `bad-argument` unless a world of `environments` has that one. */
export function requireEnvironment(environment: number, environments: number): void {
  if (!Number.isInteger(environment) || environment < 0 || environment >= environments) {
    const range = `an environment from 0 to ${environments - 1}`;
    throw new EnvError('bad-argument', `environment ${environment}`, range, 'name one that this world plays');
  }
}
