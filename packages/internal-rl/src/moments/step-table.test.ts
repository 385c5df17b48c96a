import { NoMomentsError } from '@coxswain/lab';
import { expect, it } from 'vitest';
import { requireEnough, requireSwitching } from './enough.js';
import { agreementOf, StepTable, shareShown } from './step-table.js';

const episodes = { count: 3, length: Uint16Array.of(4, 6, 1) };
const table = new StepTable([[2, 4], [1, 3, 6], [1]]);

it('keeps the steps of each episode apart', () => {
  expect([table.count, table.total]).toEqual([3, 6]);
  expect([0, 1, 2].map((i) => [...table.at(i)])).toEqual([[2, 4], [1, 3, 6], [1]]);
  expect([...new StepTable([[], [5]]).at(0)]).toEqual([]);
});

it('counts what is shown before the last steps', () => {
  // 2; 1 and 3; nothing: three of the 3 + 5 + 0 steps.
  expect(shareShown(table, episodes)).toBe(3 / 8);
});

it('agrees by F1, whatever the last steps', () => {
  expect(agreementOf(table, table, episodes)).toBe(1);
  // 2, 1 and 3 against 3 and 3: one shared, of three and two.
  expect(agreementOf(table, new StepTable([[3, 4], [3, 6], [1]]), episodes)).toBe(2 / 5);
  expect(agreementOf(table, new StepTable([[4], [6], [1]]), episodes)).toBe(0);
  expect(agreementOf(new StepTable([[4], [6], [1]]), new StepTable([[], [], []]), episodes)).toBe(1);
});

it('moments are too few for a code where there is not even one beside the last', () => {
  expect(() => requireEnough(table, episodes)).not.toThrow();
  expect(() => requireEnough(new StepTable([[4], [3, 6], [1]]), episodes)).toThrow(/1\.33 moments an episode.*at least 2.*momentShare/);
});

it.each([
  ['as good as never', new Array<number[]>(100).fill([20]), /stages\.laterGateFrom/],
  ['as good as always', new Array<number[]>(100).fill(Array.from({ length: 20 }, (_, t) => t + 1)), /momentResponsibility/],
])('a switch that opens %s ends a run of stages, and says what to change', (how, steps, remedy) => {
  const long = { count: 100, length: new Uint16Array(100).fill(20) };
  let error: NoMomentsError | undefined;
  try {
    requireSwitching(new StepTable(steps), long, 'stage 1');
  } catch (thrown) {
    error = thrown as NoMomentsError;
  }
  expect(error).toBeInstanceOf(NoMomentsError);
  expect(error?.message).toContain(`The switch of stage 1 opens ${how}`);
  expect(error?.remedy).toMatch(remedy);
  expect(error?.remedy).toContain('kept in the checkpoint');
  expect(() => requireSwitching(new StepTable(new Array<number[]>(100).fill([5, 9, 20])), long, 'stage 1')).not.toThrow();
});
