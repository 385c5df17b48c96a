import { expect, test } from 'vitest';
import { GRID_MINI, PAPER_PAIRS, parseTask, shownStarts, shownTransitions, skillsOf, unseenTransitions } from '../index.js';

const pairsOf = (preset: typeof PAPER_PAIRS, task: string): [number, number][] =>
  Array.from(task, Number).flatMap((colour, i, all): [number, number][] => {
    const next = preset.skillOfColour[all[i + 1]];
    return next !== undefined && next !== preset.skillOfColour[colour] ? [[preset.skillOfColour[colour], next]] : [];
  });

test('the small list shows neither 0→1, 1→2, 2→3 nor 3→0, and the tasks afterwards are made of nothing else', () => {
  const unseen = unseenTransitions(GRID_MINI.pretraining, 4);
  expect(unseen.map(([from, to]) => `${from}${to}`)).toEqual(['01', '12', '23', '30']);
  const asked = GRID_MINI.postTraining.map((task) => Array.from(task.slice(1), (to, i) => task[i] + to));
  expect(asked).toEqual([
    ['01', '12', '23'],
    ['01', '12', '23', '30', '01', '12', '23'],
  ]);
  expect([...shownStarts(GRID_MINI.pretraining, 4)]).toEqual([1, 1, 1, 1]);
});

test.each([GRID_MINI, PAPER_PAIRS])('skills of $name are read off its tasks', ({ pretraining, world, skillOfColour }) => {
  expect(skillsOf(pretraining, world.colours)).toEqual(skillOfColour);
});

test.each([
  ['colours that no task has', ['02'], 4, [0, 1, 0, 2]],
  ['three in a row', ['0123', '3012'], 4, [0, 0, 0, 1]],
  ['a second colour that also begins', ['01', '1'], 2, [0, 1]],
  ['two that take turns', ['010', '101'], 2, [0, 1]],
])('skills: %s', (_, tasks, colours, expected) => {
  expect(skillsOf(tasks, colours)).toEqual(expected);
});

test('in the pairs list a pair is always visited whole, and the task afterwards links pairs in ways never shown', () => {
  const shown = shownTransitions(PAPER_PAIRS.pretraining, 8);
  for (let colour = 0; colour < 8; colour += 2) {
    expect([...shown.subarray(colour * 8, colour * 8 + 8)]).toEqual([...Array(8).keys()].map((to) => (to === colour + 1 ? 1 : 0)));
  }
  expect([...shownStarts(PAPER_PAIRS.pretraining, 8)]).toEqual([1, 0, 1, 0, 1, 0, 1, 0]);
  const seen = new Set(PAPER_PAIRS.pretraining.flatMap((task) => pairsOf(PAPER_PAIRS, task)).map(String));
  for (const link of pairsOf(PAPER_PAIRS, PAPER_PAIRS.postTraining[0])) expect(seen.has(String(link))).toBe(false);
});

test.each([GRID_MINI, PAPER_PAIRS])('$name is a preset whose parts fit each other', (preset) => {
  expect(preset.pretraining).toHaveLength(16);
  expect(new Set(preset.pretraining).size).toBe(16);
  expect(preset.skillOfColour).toHaveLength(preset.world.colours);
  expect(preset.postTrainingHorizon).toHaveLength(preset.postTraining.length);
  for (const task of [...preset.pretraining, ...preset.postTraining])
    expect(parseTask(task, preset.world.colours)).toHaveLength(task.length);
});

test('colours above nine are written as numbers', () => {
  expect([...parseTask([10, 0, 11], 12)]).toEqual([10, 0, 11]);
  expect(() => parseTask([10, 0, 12], 12)).toThrow(expect.objectContaining({ code: 'bad-task', expected: 'colours from 0 to 11' }));
  expect(() => parseTask('0x', 4)).toThrow('names colour NaN');
});
