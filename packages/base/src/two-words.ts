import { CoxswainError } from './errors.js';

const WORD = 2 ** 32;

/** What is counted in whole numbers and names its own error: `bad-seed`, … */
type Counted = 'seed' | 'stream' | 'step' | 'episode' | 'index';

/** @throws CoxswainError `bad-WHAT` unless `value` is an integer from 0 to `most`. */
export function requireWhole(where: string, what: Counted, value: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(value) && value >= 0 && value <= most) return;
  const expected = `an integer from 0 to ${most}`;
  throw new CoxswainError(`${where}: ${what} ${value}, expected ${expected}`, {
    code: `bad-${what}`,
    value: String(value),
    expected,
    remedy: `pass another ${what}`,
  });
}

/** The 32-bit words of an integer from 0 to 2⁵³ − 1, the low one first. */
export const wordsOf = (value: number): [low: number, high: number] => [value % WORD, Math.floor(value / WORD)];

/**
 * A seed, or the number of a step or an episode, as generators take it, with no bit cut off.
 * @param where, what name it in the error.
 * @param value an integer from 0 to 2⁵³ − 1.
 * @returns its 32-bit words, the low one first.
 * @throws CoxswainError `bad-WHAT` for anything else.
 */
export function twoWords(where: string, what: Counted, value: number): [low: number, high: number] {
  requireWhole(where, what, value);
  return wordsOf(value);
}

/** @throws CoxswainError `bad-WHAT` unless `value` is an integer from 0 to 2³² − 1. */
export const requireWord = (where: string, what: Counted, value: number): void => requireWhole(where, what, value, WORD - 1);
