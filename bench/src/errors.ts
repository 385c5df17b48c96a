/** What can be wrong with how the suite is asked for. */
import { CoxswainError } from '@coxswain/base';

export class BenchError extends CoxswainError {
  override name = 'BenchError';

  constructor(what: string, value: string, expected: string, remedy: string) {
    super(`${what} ${value}: expected ${expected}. ${remedy}`, { code: 'usage', value, expected, remedy });
  }
}
