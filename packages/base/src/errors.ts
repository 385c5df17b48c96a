import type { ErrorCode } from './exit-codes.js';

/** What an error says beside its message: the value at fault, what was expected and what to do about it. */
export interface ErrorFacts {
  /** Short and stable, for programs: `bad-checkpoint`, `no-adapter`, … */
  readonly code: ErrorCode;
  /** The value at fault, as text. */
  readonly value?: string;
  readonly expected?: string;
  readonly remedy?: string;
}

/** Base of every error this project throws on purpose. */
export class CoxswainError extends Error {
  /** Of the class, in literal letters: minifiers rename classes. */
  override name = 'CoxswainError';
  readonly code: ErrorCode;
  readonly value: string | undefined;
  readonly expected: string | undefined;
  readonly remedy: string | undefined;

  constructor(message: string, facts: ErrorFacts, options?: ErrorOptions) {
    super(message, options);
    this.code = facts.code;
    this.value = facts.value;
    this.expected = facts.expected;
    this.remedy = facts.remedy;
  }
}

/**
 * A setting of something that is being made, out of its range: `NAME is VALUE, expected EXPECTED`. Code `bad-config`.
 */
export function outOfRange(name: string, value: unknown, expected: string, remedy = `set ${name} to ${expected}`): CoxswainError {
  return new CoxswainError(`${name} is ${value}, expected ${expected}`, {
    code: 'bad-config',
    value: `${name} = ${value}`,
    expected,
    remedy,
  });
}

/** @throws CoxswainError `bad-config` unless `value` is a positive integer. */
export function requireSize(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1) throw outOfRange(name, value, 'a positive integer');
}

/** A setting that does not exist, whose value is out of range, or that does not fit the other settings. */
export class SettingError extends CoxswainError {
  override name = 'SettingError';

  constructor(key: string, value: string, expected: string, remedy: string) {
    super(`Setting \`${key}\` is ${value}, expected ${expected}. ${remedy}`, {
      code: 'bad-setting',
      value: `${key} = ${value}`,
      expected,
      remedy,
    });
  }
}
