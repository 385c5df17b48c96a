import { CoxswainError, type ErrorCode } from '@coxswain/base';

/** What went wrong with the body or what moves it: the value at fault, what was expected, and what to do about it. */
export class AntError extends CoxswainError {
  override name = 'AntError';

  constructor(code: ErrorCode, value: string, expected: string, remedy: string, options?: ErrorOptions) {
    super(`${value}; expected ${expected}. Remedy: ${remedy}.`, { code, value, expected, remedy }, options);
  }
}
