import { CoxswainError } from '@coxswain/base';
import { describe, expect, it } from 'vitest';
import { PHASES } from '../lists.js';
import { parseSweep } from './file.js';
import { planSweep } from './plan.js';

const plan = (text: string, changes: string[] = []) =>
  planSweep(
    parseSweep(text, 'views.yaml'),
    'views.yaml',
    (command) => PHASES.find(({ name }) => name === command),
    PHASES.map(({ name }) => name),
    changes,
  );

const VIEWS = `
folder: runs/views
preset: grid-mini
axes:
  seed: [1, 2]
  pair: [{ view: partner, alpha: 0.001 }, { view: same, alpha: 0.1 }]
runs:
  internal-{view}-{seed}:
    command: reinforce
    over: [seed, pair]
    options: { seed: '{seed}', base: base, controller: 'controller-{view}-{seed}' }
  controller-{view}-{seed}:
    command: discover
    over: [seed, pair]
    options: { seed: '{seed}', base: base, view: '{view}' }
    set: { discover.alpha: '{alpha}' }
  base:
    command: pretrain
`;

it.each(['', '# only a comment\n', '---\n'])('a file with nothing in it is called empty: %j', (text) => {
  expect(() => parseSweep(text, 'views.yaml')).toThrow('Sweep views.yaml: it is empty, expected a folder and runs');
});

describe('planSweep', () => {
  const runs = plan(VIEWS);

  it('plans every combination, each run after what it starts from', () => {
    expect(runs.map(({ name }) => name)).toHaveLength(9);
    for (const [index, { after }] of runs.entries())
      for (const name of after) expect(runs.slice(0, index).map((earlier) => earlier.name)).toContain(name);
    expect(runs.find(({ name }) => name === 'internal-same-2')?.after).toEqual(['base', 'controller-same-2']);
  });

  it('writes the command lines that a person would', () => {
    const lines = Object.fromEntries(runs.map(({ name, args }) => [name, args.join(' ')]));
    expect(lines.base).toBe('pretrain --preset grid-mini --out runs/views/base');
    expect(lines['controller-same-2']).toBe(
      'discover --seed 2 --base runs/views/base --view same --set discover.alpha=0.1 --out runs/views/controller-same-2',
    );
  });

  it('takes a model that no run of the file makes from its folder', () => {
    const [run] = plan('folder: r\nruns: { a: { command: discover, options: { base: models/base } } }');
    expect(run.after).toEqual([]);
    expect(run.args.join(' ')).toBe('discover --base models/base --out r/a');
  });

  it('changes a setting of every run that reads it and has it from no model, whatever the file says', () => {
    const changes = ['discover.alpha=0.01', 'discover.batch=7', 'evaluate.episodes=9'];
    const set = Object.fromEntries(plan(VIEWS, changes).map((run) => [run.name, run.set]));
    expect(set['controller-same-2']).toEqual(['discover.alpha=0.01', 'discover.batch=7']);
    expect(set['internal-same-2']).toEqual(['evaluate.episodes=9']);
    expect(set.base).toEqual([]);
  });

  it.each([
    ['a setting that there is not', 'discover.alhpa=1', /discover\.alpha/],
    ['a value out of range', 'discover.steps=-1', /discover\.steps/],
    ['a setting that no run reads', 'supervise.steps=3', /views\.yaml/],
    ['no value', 'discover.steps', /key=value/],
  ])('names a change that is none: %s', (_, change, message) => {
    expect(() => plan(VIEWS, [change])).toThrow(message);
  });

  it('leaves settings that come from a model to that model', () => {
    const [run] = plan('folder: r\nruns: { a: { command: discover, options: { base: elsewhere }, set: { metacontroller.layer: 3 } } }');
    expect(run.set).toEqual(['metacontroller.layer=3']);
  });

  it.each<[string, string, string, string[]]>([
    ['text that is no YAML', 'folder: [', 'bad-sweep', ['views.yaml']],
    ['a misspelt key of the file', 'floder: r\nruns: { a: { command: pretrain } }', 'bad-sweep', ['floder', 'folder']],
    ['a misspelt key of a run', 'folder: r\nruns: { a: { command: pretrain, ovr: [] } }', 'bad-sweep', ['ovr', 'over', 'runs › a']],
    ['no runs', 'folder: r\nruns: {}', 'bad-sweep', ['no runs']],
    ['an unknown command', 'folder: r\nruns: { a: { command: pretrian } }', 'bad-sweep', ['pretrian', '`pretrain`']],
    ['an unknown option', 'folder: r\nruns: { a: { command: discover, options: { bass: x } } }', 'bad-sweep', ['bass', '`base`']],
    ['a folder of its own', 'folder: r\nruns: { a: { command: pretrain, options: { out: x } } }', 'bad-sweep', ['out']],
    [
      'an unknown axis',
      'folder: r\naxes: { seed: [1] }\nruns: { a: { command: pretrain, over: [seeds] } }',
      'bad-sweep',
      ['seeds', '`seed`'],
    ],
    [
      'an unknown value',
      'folder: r\naxes: { seed: [1] }\nruns: { "a{sed}": { command: pretrain, over: [seed] } }',
      'bad-sweep',
      ['{sed}', '`seed`'],
    ],
    [
      'two runs of one name',
      'folder: r\naxes: { seed: [1, 2] }\nruns: { a: { command: pretrain, over: [seed] } }',
      'bad-sweep',
      ['`a`', 'brace'],
    ],
    ['a name that is no folder', 'folder: r\nruns: { a/b: { command: pretrain } }', 'bad-sweep', ['a/b']],
    [
      'runs in a circle',
      'folder: r\nruns: { a: { command: evaluate, options: { policy: b } }, b: { command: evaluate, options: { policy: a } } }',
      'bad-sweep',
      ['itself'],
    ],
    [
      'a setting of another phase',
      'folder: r\nruns: { a: { command: pretrain, set: { discover.alpha: 1 } } }',
      'bad-sweep',
      ['discover.alpha'],
    ],
    ['an unknown setting', 'folder: r\nruns: { a: { command: pretrain, set: { pretrain.stps: 1 } } }', 'bad-setting', ['pretrain.steps']],
    ['a value out of range', 'folder: r\nruns: { a: { command: pretrain, set: { pretrain.steps: -1 } } }', 'bad-setting', ['-1']],
    [
      'settings that do not fit each other',
      'folder: r\nruns: { a: { command: pretrain, set: { pretrain.steps: 10 } } }',
      'bad-setting',
      ['pretrain.warmup', 'at most pretrain.steps (10)'],
    ],
    ['an unknown need', 'folder: r\nruns: { a: { command: pretrain, needs: [f16] } }', 'bad-sweep', ['needs', 'shader-f16']],
  ])('refuses %s', (_, text, code, named) => {
    let error: unknown;
    try {
      plan(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(CoxswainError);
    expect((error as CoxswainError).code).toBe(code);
    for (const word of named) expect((error as Error).message).toContain(word);
    expect((error as Error).message).not.toContain('\n');
  });
});
