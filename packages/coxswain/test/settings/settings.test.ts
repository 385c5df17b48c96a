import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CoxswainError } from '@coxswain/base';
import {
  allSettings,
  type Config,
  canonicalJson,
  exitCodeOf,
  hashedSettings,
  hashOf,
  nearest,
  override,
  pick,
  preset,
  resolve,
  validate,
} from '@coxswain/lab';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PRESET_NAMES } from '../../src/lists.js';

function failure(action: () => unknown): CoxswainError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(CoxswainError);
    return error as CoxswainError;
  }
  throw new Error('nothing was thrown');
}

/**
 * All that computes, in the lab, the systems and the models: what is in a room or a file of `settings` only names
 * and checks them.
 */
function programText(): string {
  const ofSettings = (file: string): boolean => /(^|\/)(settings(\/|\.ts$)|config\.ts$)/.test(file);
  return ['lab', 'imitation', 'internal-rl', 'metacontroller', 'transformer']
    .flatMap((name) => {
      const folder = fileURLToPath(new URL(`../../../${name}/src/`, import.meta.url));
      const files = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' });
      return files.filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !ofSettings(file)).map((file) => folder + file);
    })
    .map((path) => fs.readFileSync(path, 'utf8'))
    .join('\n');
}

it('every setting is read by what computes', () => {
  const text = programText();
  const dead = allSettings().filter(({ name }) => !new RegExp(`\\b${name}\\b`).test(text));
  expect(dead.map(({ key }) => key)).toEqual([]);
});

describe('presets', () => {
  it.each(PRESET_NAMES)('%s is valid, with every setting and no other', (name) => {
    const config = preset(name);
    validate(config);
    const keys = Object.entries(config).flatMap(([section, values]) => Object.keys(values).map((key) => `${section}.${key}`));
    expect(keys.sort()).toEqual(
      allSettings({ world: config.world.name })
        .map(({ key }) => key)
        .sort(),
    );
  });

  it('gives copies', () => {
    preset('grid-mini').model.width = 1;
    expect(preset('grid-mini').model.width).toBe(64);
  });

  it('suggests the nearest preset', () => {
    const error = failure(() => preset('grid-mni'));
    expect(error).toMatchObject({ code: 'unknown-preset', value: 'grid-mni', remedy: 'did you mean `grid-mini`?' });
    expect(error.message).toContain('grid-paper');
    expect(failure(() => preset('toString')).code).toBe('unknown-preset');
    expect(failure(() => preset('')).remedy).toContain('choose one of');
  });

  it('that one model alone names is of that model, unless another is asked for', () => {
    expect(resolve('ant-paper', []).model).toMatchObject({ name: 'hawk', width: 256, depth: 8 });
    expect(resolve('grid-mini', []).model.name).toBe('transformer');
    expect(resolve('ant-paper', ['model.name=transformer']).model).toMatchObject({ name: 'transformer', width: 256, depth: 8 });
  });

  it('trains on no transition of the task to be solved', () => {
    const { world, reinforce } = preset('grid-mini');
    for (let i = 1; i < reinforce.task.length; i++) {
      const transition = reinforce.task.slice(i - 1, i + 1);
      expect(world.tasks.filter((task) => task.includes(transition))).toEqual([]);
    }
  });
});

describe('overrides', () => {
  it('reads every kind of setting', () => {
    const config = resolve('grid-mini', [
      'pretrain.steps=300',
      'pretrain.noise=0.05',
      'pretrain.warmup=1e2',
      'metacontroller.pooled=false',
      'discover.view=symmetry',
      'reinforce.task=3210',
      'evaluate.longTask=',
      'world.tasks=01, 12',
    ]);
    expect(config.pretrain).toMatchObject({ steps: 300, noise: 0.05, warmup: 100 });
    expect(config.metacontroller.pooled).toBe(false);
    expect(config.discover.view).toBe('symmetry');
    expect(config.evaluate.longTask).toBe('');
    expect(config.world.tasks).toEqual(['01', '12']);
  });

  it.each([
    ['pretrain.steps=1.5', 'bad-setting'],
    ['pretrain.steps=', 'bad-setting'],
    ['pretrain.steps=NaN', 'bad-setting'],
    ['pretrain.learningRate=Infinity', 'bad-setting'],
    ['pretrain.noise=1.1', 'bad-setting'],
    ['metacontroller.pooled=yes', 'bad-setting'],
    ['discover.view=mirror', 'bad-setting'],
    ['pretrain.stps=5', 'bad-setting'],
    ['model=5', 'bad-setting'],
    ['pretrain.steps', 'usage'],
    ['=5', 'usage'],
  ])('refuses %s', (assignment, code) => {
    expect(failure(() => resolve('grid-mini', [assignment])).code).toBe(code);
  });

  it('names the nearest setting', () => {
    expect(failure(() => override(preset('grid-mini'), 'pretrain.stps=5')).message).toContain('`pretrain.steps`');
  });

  it('never leaves a value of the wrong kind behind', () => {
    const keys = allSettings().map(({ key }) => key);
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.string(), (key, text) => {
        const config = preset('grid-mini');
        try {
          override(config, `${key}=${text}`);
        } catch (error) {
          expect(error).toBeInstanceOf(CoxswainError);
        }
        const { section, name, setting } = allSettings().find((candidate) => candidate.key === key)!;
        expect(setting.accepts((config[section] as Record<string, unknown>)[name])).toBe(true);
      }),
    );
  });
});

describe('values that do not fit together', () => {
  it.each<[string, string[], string]>([
    ['rank above width', ['metacontroller.rank=65'], 'metacontroller.rank'],
    ['layer below the model', ['metacontroller.layer=5'], 'metacontroller.layer'],
    ['more objects than cells', ['world.walls=12'], 'world.size'],
    ['heads not dividing width', ['model.heads=5'], 'model.heads'],
    ['a task with a colour that is not there', ['reinforce.task=0124'], 'reinforce.task'],
    ['a demonstration task with such a colour', ['world.tasks=01,45'], 'world.tasks'],
    ['a colour twice in a row', ['reinforce.task=0113'], 'reinforce.task'],
    ['a horizon below the task', ['reinforce.horizon=3'], 'reinforce.horizon'],
    ['parts of unequal size', ['pretrain.parts=3'], 'pretrain.parts'],
    ['a warm-up longer than the run', ['pretrain.steps=100'], 'pretrain.warmup'],
    ['a gate change after the run', ['discover.steps=600', 'discover.alphaWarmup=10'], 'discover.laterGateFrom'],
    ['odd buckets', ['model.buckets=31'], 'model.buckets'],
  ])('%s', (_, assignments, key) => {
    const error = failure(() => resolve('grid-mini', assignments));
    expect(error.code).toBe('bad-setting');
    expect(error.value).toContain(key);
    expect(error.remedy).not.toBe('');
    expect(exitCodeOf(error)).toBe(4);
  });

  it('refuses a section or setting it does not know', () => {
    const config = { ...preset('grid-mini'), other: { a: 1 } } as unknown as Config;
    expect(failure(() => validate(config)).value).toContain('other.a');
  });
});

describe('hash', () => {
  it('depends on values, not on the order of keys', () => {
    expect(canonicalJson({ b: [1, { d: 2, c: 'x' }], a: null })).toBe('{"a":null,"b":[1,{"c":"x","d":2}]}');
    expect(hashOf({ a: 1, b: 2 })).toBe(hashOf({ b: 2, a: 1 }));
    expect(hashOf({ a: 1 })).not.toBe(hashOf({ a: 2 }));
  });

  it('leaves out how often a run is saved', () => {
    const keys = Object.keys(hashedSettings(preset('grid-mini')));
    expect(keys).toContain('pretrain.steps');
    expect(keys).not.toContain('pretrain.saveEvery');
  });

  it('picks sections', () => {
    expect(Object.keys(pick(preset('grid-mini'), ['model', 'world']))).toEqual(['world', 'model']);
  });
});

describe('nearest', () => {
  it('finds slips of the hand and leaves strangers alone', () => {
    expect(nearest('prertain', ['pretrain', 'discover'])).toBe('pretrain');
    expect(nearest('xyzzyxyzzy', ['pretrain', 'discover'])).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
  });
});
