/** Tasks written as digits, one for each event: '0123'. */
import type { Task } from './definition.js';
import { EnvError } from './errors.js';

export interface Digits {
  /** Events there are. */
  readonly count: number;
  /** What one of them is called: `colour`. */
  readonly noun: string;
}

/**
 * @returns the task whose events are the digits of `text`.
 * @throws EnvError `bad-task` where it is empty, is not all digits, names an event that is not there, or one twice in
 * a row.
 */
export function digitTask(text: string, { count, noun }: Digits): Task {
  const refuse = (value: string, expected: string, remedy: string): EnvError => new EnvError('bad-task', value, expected, remedy);
  if (text === '') throw refuse('the task is empty', `at least one ${noun}`, 'write for example "032"');
  if (!/^[0-9]+$/.test(text)) throw refuse(`task "${text}"`, `${noun}s as digits, like 0123`, 'correct the task');
  const events = Array.from(text, Number);
  const strange = events.find((event) => event >= count);
  if (strange !== undefined) {
    const remedy = `correct the task or raise the number of ${noun}s`;
    throw refuse(`task "${text}" names ${noun} ${strange}`, `${noun}s from 0 to ${count - 1}`, remedy);
  }
  // An event is reached by coming from elsewhere: going from one to itself is no transition.
  if (events.some((event, i) => i > 0 && event === events[i - 1]))
    throw refuse(`task "${text}"`, `no ${noun} twice in a row`, `put another ${noun} between the two`);
  return { text, events };
}
