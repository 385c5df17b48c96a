import '../testing/house.js';
import { resolve } from '@coxswain/lab';
import { describe, expect, it } from 'vitest';
import { stagedUpdates, stagesOf } from './stages.js';

const SHORT = ['discover.steps=900', 'discover.alphaWarmup=500', 'discover.laterGateFrom=400', 'discover.startSteps=100'];

describe('stages', () => {
  it('are one with every other view, of the settings as they are', () => {
    for (const view of ['touches', 'same', 'jumps', 'switches', 'random']) {
      const config = resolve('grid-mini', [`discover.view=${view}`, 'discover.starts=2']);
      expect(stagesOf(config)).toEqual([{ view, settings: config.discover, from: 0, updates: 3500 }]);
    }
    // A method that looks at the episode that it cuts has no use for moments.
    expect(stagesOf(resolve('grid-mini', ['discover.view=event-free', 'discover.method=compile']))).toMatchObject([{ view: 'same' }]);
  });

  it('are first shown jumps, with a schedule of their own, then switches', () => {
    const own = ['stages.steps=700', 'stages.alphaWarmup=300', 'stages.laterGateFrom=200', 'stages.most=3'];
    const config = resolve('grid-mini', ['discover.view=event-free', 'discover.starts=2', ...SHORT, ...own]);
    const [first, second, third] = stagesOf(config);
    expect(first).toMatchObject({ view: 'jumps', from: 0, updates: 800 });
    expect(first.settings).toEqual({ ...config.discover, steps: 700, alphaWarmup: 300, laterGateFrom: 200 });
    expect(second).toEqual({ view: 'switches', settings: config.discover, from: 800, updates: 1000 });
    expect(third).toEqual({ ...second, from: 1800 });
    expect(stagedUpdates(config)).toBe(2800);
  });

  it('may begin with random moments', () => {
    expect(stagesOf(resolve('grid-mini', ['discover.view=event-free', 'stages.first=random']))[0].view).toBe('random');
  });

  it.each([
    ['a warm-up longer than the first stage', ['stages.steps=100', 'stages.alphaWarmup=50', 'stages.laterGateFrom=50'], 'discover.warmup'],
    ['a gate change after the first stage', ['stages.laterGateFrom=1001'], 'stages.laterGateFrom'],
    ['starts longer than the first stage', ['discover.starts=2', 'discover.startSteps=1200'], 'discover.startSteps'],
    ['a base that learns along', ['discover.method=co-trained'], 'discover.view'],
    ['a switch that is always open', ['discover.method=no-abstraction'], 'discover.view'],
    ['a layer that is not there', ['discover.momentLayer=5'], 'discover.momentLayer'],
    ['one stage only', ['stages.most=1'], 'stages.most'],
  ])('refuse %s', (_, set, key) => {
    expect(() => resolve('grid-mini', ['discover.view=event-free', ...set])).toThrow(expect.objectContaining({ code: 'bad-setting' }));
    expect(() => resolve('grid-mini', ['discover.view=event-free', ...set])).toThrow(`\`${key}\``);
  });
});
