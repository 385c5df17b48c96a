import { expect, test } from 'vitest';
import { digitTask } from './index.js';

const colours = { count: 4, noun: 'colour' };

test('digits are events in order', () => {
  expect(digitTask('0123', colours)).toEqual({ text: '0123', events: [0, 1, 2, 3] });
  expect(digitTask('010', colours).events).toEqual([0, 1, 0]);
});

test.each([
  ['', 'the task is empty; expected at least one colour'],
  ['0a', 'task "0a"; expected colours as digits'],
  ['014', 'task "014" names colour 4; expected colours from 0 to 3'],
  ['0112', 'task "0112"; expected no colour twice in a row'],
])('refuses "%s"', (text, message) => {
  expect(() => digitTask(text, colours)).toThrow(expect.objectContaining({ code: 'bad-task', message: expect.stringContaining(message) }));
});
