import { CoxswainError } from '@coxswain/base';
import { describe, expect, it } from 'vitest';
import { checkGrid, gridDefaults, gridPresets, gridSettings, readGridTask } from './settings.js';
import { GRID_MINI, PAPER_PAIRS } from './tasks.js';

describe('settings of the grid', () => {
  it.each(Object.entries(gridPresets))('%s is a grid, and every default of it a task of it', (_, preset) => {
    const settings = gridSettings.parse(preset);
    checkGrid(settings);
    const { tasks, horizon, reward, longer } = gridDefaults(settings);
    for (const text of [...tasks, reward.task, ...(longer ? [longer.task] : [])])
      expect(readGridTask(settings, text)).toEqual({ text, events: [...text].map(Number) });
    expect({ tasks, horizon }).toEqual(
      settings.colours === 4
        ? { tasks: GRID_MINI.pretraining, horizon: GRID_MINI.horizon }
        : { tasks: PAPER_PAIRS.pretraining, horizon: PAPER_PAIRS.horizon },
    );
  });

  it.each([1, 2, 3, 5, 7, 10])('has tasks for %d colours', (colours) => {
    const settings = gridSettings.parse({ size: 5, colours });
    const { tasks, horizon, reward } = gridDefaults(settings);
    expect(tasks.length).toBeGreaterThan(0);
    for (const text of [...tasks, reward.task]) expect(readGridTask(settings, text).events.length).toBeLessThanOrEqual(horizon);
  });

  it('refuses more objects than cells', () => {
    const refused = { code: 'bad-setting', value: 'world.size = 3', expected: expect.stringContaining('at least 10 cells') };
    expect(() => checkGrid(gridSettings.parse({ size: 3, colours: 4, walls: 5 }))).toThrow(expect.objectContaining(refused));
    checkGrid(gridSettings.parse({ size: 3, colours: 4, walls: 4 }));
  });

  it.each([
    ['', 'colours as digits, like 0123'],
    ['0a', 'colours as digits, like 0123'],
    ['04', 'colours from 0 to 3'],
    ['011', 'no colour twice in a row'],
  ])('refuses the task "%s"', (text, expected) => {
    const read = () => readGridTask(gridSettings.parse({}), text);
    expect(read).toThrow(CoxswainError);
    expect(read).toThrow(expect.objectContaining({ code: 'bad-task', expected }));
  });
});
