/** A world and a model that no list has: what they make of the settings. */

import { EnvError } from '@coxswain/envs';
import {
  allSettings,
  configure,
  differences,
  hashedSettings,
  identify,
  type Kind,
  override,
  preset,
  resolve,
  validate,
  type WorldKind,
  wholeConfig,
} from '@coxswain/lab';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { models as MODELS } from '../../src/lists.js';

type Corridor = { readonly cells: number };

const corridor: WorldKind = {
  name: 'corridor',
  settings: z.object({
    cells: z.int().min(3).default(7).describe('Cells from end to end.'),
    lamps: z.array(z.number().min(0)).default([1, 2]).describe('Where it is bright.'),
    walk: z.object({ stride: z.int() }).default({ stride: 1 }).describe('How it is walked.'),
  }),
  defaults: (settings) => {
    const { cells } = settings as Corridor;
    return { tasks: ['left', 'right'], horizon: 2 * cells, reward: { task: 'left then right', horizon: 4 * cells } };
  },
  check: (settings) => {
    if ((settings as Corridor).cells % 2 === 0) throw new EnvError('bad-setting', 'cells is even', 'an odd number', 'add one');
  },
  task: (_, text) => {
    const events = text.split(' then ').map((word) => ['left', 'right'].indexOf(word));
    if (events.includes(-1)) throw new EnvError('bad-task', `task "${text}"`, 'left or right', 'Write another');
    return { text, events };
  },
};
const loaded = { world: corridor };

describe('a world of a file', () => {
  it('has its own settings in place of another world’s', () => {
    const keys = allSettings({}, loaded).flatMap(({ section, name }) => (section === 'world' ? [name] : []));
    expect(keys).toEqual(['name', 'cells', 'lamps', 'walk', 'tasks', 'horizon']);
    const cells = allSettings({}, loaded).find(({ key }) => key === 'world.cells')?.setting;
    expect(cells).toMatchObject({ about: 'Cells from end to end.', expected: 'a whole number of at least 3', hashed: true });
    expect(() => resolve('grid-mini', ['world.size=5'], loaded)).toThrow(/world\.size/);
  });

  it('says its tasks and horizons as its settings are, unless they are set', () => {
    const { world, reinforce, evaluate, pretrain } = resolve('grid-mini', [], loaded);
    expect(world).toEqual({
      name: 'corridor',
      cells: 7,
      lamps: [1, 2],
      walk: { stride: 1 },
      tasks: ['left', 'right'],
      horizon: 14,
    });
    expect(reinforce).toMatchObject({ task: 'left then right', horizon: 28 });
    expect(evaluate).toMatchObject({ longTask: '', longHorizon: 100 });
    expect(pretrain).toEqual(preset('grid-mini').pretrain);
    const changed = resolve('grid-small', ['world.cells=9', 'reinforce.horizon=40', 'world.tasks=left'], loaded);
    expect(changed.world).toMatchObject({ cells: 9, tasks: ['left'], horizon: 18 });
    expect(changed.reinforce).toMatchObject({ task: 'left then right', horizon: 40 });
    const inherited = configure('grid-mini', [], loaded, { world: { ...changed.world, horizon: 50 } });
    expect(inherited.world).toEqual({ ...changed.world, horizon: 50 });
    expect(inherited.reinforce.horizon).toBe(36);
  });

  it('reads lists of numbers with commas, and anything else as JSON', () => {
    const config = resolve('grid-mini', ['world.lamps=3, 0.5', 'world.walk={"stride":2}'], loaded);
    expect(config.world).toMatchObject({ lamps: [3, 0.5], walk: { stride: 2 } });
    for (const wrong of ['world.lamps=3,x', 'world.lamps=-1', 'world.walk={', 'world.walk={"stride":0.5}'])
      expect(() => resolve('grid-mini', [wrong], loaded), wrong).toThrow(/Setting `world/);
  });

  it('refuses what is not one of its tasks, in the name of the setting', () => {
    const refused = { code: 'bad-setting', expected: 'left or right', remedy: 'Write another.' };
    expect(() => resolve('grid-mini', ['reinforce.task=0123'], loaded)).toThrow(
      expect.objectContaining({ ...refused, value: 'reinforce.task = `0123`' }),
    );
    expect(() => resolve('grid-mini', ['world.tasks=left,up'], loaded)).toThrow(
      expect.objectContaining({ ...refused, value: 'world.tasks = `up`' }),
    );
    expect(() => resolve('grid-mini', ['reinforce.horizon=1'], loaded)).toThrow(/at least 2 steps, one for each event of the task/);
    expect(() => resolve('grid-mini', ['world.cells=4'], loaded)).toThrow(/cells is even/);
  });

  it('leaves the grid where it was, by name', () => {
    expect(resolve('grid-small', ['world.name=gridworld-pinpad'], loaded)).toEqual(resolve('grid-small'));
    expect(() => resolve('grid-mini', ['world.name=corridor'])).toThrow(/world\.name.*corridor.*one of gridworld-pinpad/);
    const config = preset('grid-mini');
    override(config, 'world.name=corridor', loaded);
    expect(config.world).toMatchObject({ name: 'corridor', cells: 7, horizon: 14 });
    expect(config.world).not.toHaveProperty('size');
  });

  it('is told apart where nobody has its file any more', () => {
    const { world } = resolve('grid-mini', ['world.cells=9'], loaded);
    expect(wholeConfig({ world }, 'grid-mini').world).toEqual(world);
    expect(hashedSettings({ world })).toMatchObject({ 'world.name': 'corridor', 'world.cells': 9 });
    const run = (cells: number) =>
      identify({ phase: 'pretrain', preset: 'grid-mini', seed: 0, inputs: {}, config: { world: { ...world, cells } } });
    expect(differences(run(9), run(9))).toEqual([]);
    expect(differences(run(9), run(11))).toEqual(['world.cells is 9 there, 11 here']);
  });
});

describe('a model', () => {
  it.each(['grid-mini', 'grid-small', 'grid-paper'])('is changed by its name alone in %s', (name) => {
    const [transformer, hawk] = ['transformer', 'hawk'].map((model) => resolve(name, [`model.name=${model}`]).model);
    expect(hawk).toEqual({ ...transformer, name: 'hawk' });
  });

  it('checks its own settings alone', () => {
    expect(() => resolve('grid-mini', ['model.buckets=31'])).toThrow(/model\.buckets/);
    resolve('grid-mini', ['model.name=hawk', 'model.buckets=31']);
    expect(() => resolve('grid-mini', ['model.name=hawk', 'model.heads=5'])).toThrow(/model\.heads/);
  });

  it('of a file has its own settings', () => {
    const settings = z.object({ width: z.int().default(16).describe('d.'), depth: z.int().default(2).describe('L.') });
    const model: Kind = { name: 'echo', settings, presets: { 'grid-small': { width: 24 }, echoing: { depth: 3 } } };
    expect(resolve('grid-small', ['model.depth=5'], { model }).model).toEqual({ name: 'echo', width: 24, depth: 5 });
    expect(resolve('echoing', [], { model }).model).toEqual({ name: 'echo', width: 16, depth: 3 });
    expect(() => resolve('grid-mini', ['model.taps=5'], { model })).toThrow(/model\.taps/);
    expect(MODELS.map(({ name }) => name)).not.toContain('echo');
  });
});

it('a setting that nobody has said is missing', () => {
  const { reinforce, ...config } = preset('grid-mini');
  const { task: _, ...untold } = reinforce;
  expect(() => validate({ ...config, reinforce: untold as typeof reinforce })).toThrow(
    expect.objectContaining({ code: 'bad-setting', value: 'reinforce.task = undefined' }),
  );
});
