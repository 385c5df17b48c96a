/**
 * Worlds from files and demonstrations from files, at the command: what is refused, what is recorded, and that nothing
 * is written before.
 */

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT_CODES } from '@coxswain/base';
import { readSafetensors, type SafeTensor, writeSafetensors } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PHASES } from '../src/lists.js';
import { ask } from './ask.js';

let root: string;
const before = process.cwd();
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'coxswain-world-'));
  process.chdir(root);
});
afterEach(() => {
  process.chdir(before);
  fs.rmSync(root, { recursive: true, force: true });
});

const coxswain = (...args: string[]) => ask(args, PHASES, { openDevice: () => requestDevice() });

/** A corridor of its own type, with an enum, which Node by itself cannot strip; parts of it may be replaced. */
const corridor = (more = '', name = 'tiny-corridor') => `
import type { WorldFile } from '@coxswain/envs';
enum End { Left, Right }
export default (({ z, singleWorld }) => ({
  ...singleWorld({
    name: '${name}',
    about: 'A corridor whose lamp says which end to go to.',
    settings: z.object({ cells: z.int().min(3).max(99).default(5).describe('Cells from end to end.') }),
    defaults: ({ cells }) => ({ tasks: ['0', '1'], horizon: 3 * cells, reward: { task: '1', horizon: 3 * cells } }),
    spaces: ({ cells }) => ({
      observation: { kind: 'rows', rows: cells + 2, slots: 2, bySlot: true },
      action: { kind: 'discrete', count: 2 },
      events: ['left end', 'right end'],
    }),
    rules: ({ cells }) => ({
      begin: (random, task) => ({ cell: 1 + random.below(cells - 2), lamp: task === 'free' ? random.below(2) : task.events[0] }),
      observe: ({ cell, lamp }) => [cell, cells + lamp],
      step: (state, action) => {
        state.cell = Math.min(cells - 1, Math.max(0, state.cell + (action === End.Right ? 1 : -1)));
        return { event: state.cell === 0 ? 0 : state.cell === cells - 1 ? 1 : -1 };
      },
    }),
    expert: () => ({ act: (_, { goal, random, noise }) => (random.uniform() < noise ? random.below(2) : goal) }),
  }),
  ${more}
})) satisfies WorldFile;
`;

const write = (text: string, file = 'my-world.ts') => fs.writeFileSync(file, text);
const SMALL = ['model.width=16', 'model.depth=2', 'model.heads=2', 'model.mlp=16', 'pretrain.episodes=64', 'pretrain.batch=8']
  .concat(['pretrain.steps=2', 'pretrain.warmup=0', 'pretrain.logEvery=1', 'pretrain.evaluationEpisodes=8'])
  .flatMap((change) => ['--set', change]);
const pretrain = (...more: string[]) => coxswain('pretrain', ...SMALL, '--out', 'base', ...more);

const broken: [what: string, text: string, code: keyof typeof EXIT_CODES, told: string][] = [
  ['throws', 'throw new TypeError("no luck");', 'bad-world', 'it throws TypeError: no luck'],
  ['cannot be read', 'export default (((', 'bad-world', 'it throws'],
  ['exports nothing', 'export const world = 1;', 'bad-world', 'it exports nothing by default'],
  ['exports no function', 'export default { name: "x" };', 'bad-world', 'its default export is of type object'],
  ['has a function that throws', 'export default () => { throw new Error("later"); };', 'bad-world', 'its function throws Error: later'],
  ['returns nothing', 'export default () => {};', 'bad-world', 'its function returns undefined'],
  ['lacks parts', 'export default ({ z }) => ({ name: "x", about: "y", settings: z.object({}) });', 'bad-world', 'no defaults, no spaces'],
  ['has the name of another', corridor('', 'gridworld-pinpad'), 'bad-world', 'its name is gridworld-pinpad'],
  [
    'has a setting of a reserved name',
    corridor().replace('z.object({ cells', "z.object({ sha256: z.string().default('')}).extend({ cells"),
    'bad-world',
    'a setting sha256',
  ],
  [
    'has a space that cannot be',
    corridor('spaces: () => ({ observation: { kind: "rows", rows: 0, slots: 1 }, action: { kind: "discrete", count: 2 }, events: [] }),'),
    'bad-space',
    'observation.rows: 0',
  ],
  [
    'has bounds that are none',
    corridor(
      'spaces: () => ({ observation: { kind: "box", type: "f32", shape: [2], low: NaN, high: 1 }, action: { kind: "discrete", count: 2 }, events: [] }),',
    ),
    'bad-space',
    'observation.low: NaN',
  ],
  [
    'has actions that no model has a head for',
    corridor(
      'spaces: () => ({ observation: { kind: "box", type: "f32", shape: [2] }, action: { kind: "rows", rows: 3, slots: 1, bySlot: true }, events: ["a", "b"] }),',
    ),
    'bad-space',
    'No head for action',
  ],
];

describe('a file that is no world', () => {
  it.each(broken)('that %s is refused, and nothing is written', async (_, text, code, told) => {
    write(text);
    const ended = await pretrain('--world', './my-world.ts');
    expect(ended.err).toContain(told);
    expect(ended.code).toBe(EXIT_CODES[code]);
    expect(fs.readdirSync('.')).toEqual(['my-world.ts']);
  });

  it('that is not there is refused', async () => {
    const ended = await pretrain('--world', './none.ts');
    expect(ended).toMatchObject({ code: EXIT_CODES.file, err: expect.stringContaining('./none.ts') });
    expect(fs.readdirSync('.')).toEqual([]);
  });

  it('and words that it does not know, and what it does not offer', async () => {
    write(corridor('demonstrations: undefined,'));
    const task = await pretrain('--world', './my-world.ts', '--set', 'world.tasks=7');
    expect(task).toMatchObject({ code: EXIT_CODES['bad-setting'], err: expect.stringContaining('world.tasks') });
    const expert = await pretrain('--world', './my-world.ts');
    expect(expert.code).toBe(EXIT_CODES['not-offered']);
    expect(expert.err).toMatch(/World tiny-corridor offers no demonstrations, .*--demonstrations FILE.*gridworld-pinpad, point-pads/);
    const other = await pretrain('--world', './my-world.ts', '--set', 'world.name=gridworld-pinpad');
    expect(other).toMatchObject({ code: EXIT_CODES.usage, err: expect.stringContaining('beside --set world.name=gridworld-pinpad') });
    expect(fs.readdirSync('.')).toEqual(['my-world.ts']);
  });
});

describe('a world from a file', () => {
  it('is listed, described, and checked against the rules', async () => {
    write(corridor());
    expect((await coxswain('settings', '--world', './my-world.ts', '--section', 'world')).out).toContain('world.cells=5');
    const told = await coxswain('world', './my-world.ts', '--set', 'world.cells=9');
    for (const part of ['tiny-corridor', '2 rows of 11', 'one of 2', '0 left end, 1 right end', 'world.cells=9'])
      expect(told.out).toContain(part);
    expect((await coxswain('world')).out).toMatch(/point-pads — .*\n +has +demonstrations, events, symmetries, snapshots, drawing/);
    const good = await coxswain('world', './my-world.ts', '--check');
    expect(good).toMatchObject({ code: 0, out: expect.stringContaining('ok      snapshot and restore are exact') });
    write(corridor('task: (_, text) => ({ text, events: [1] }),'));
    const bad = await coxswain('world', './my-world.ts', '--check');
    expect(bad.out).toContain('broken  a text that is no task is refused with a typed error');
    expect(bad).toMatchObject({ code: EXIT_CODES['bad-world'], err: expect.stringContaining('breaks 1 of 5 rules') });
    expect(await coxswain('world', '--check')).toMatchObject({ code: EXIT_CODES.usage });
  });

  it('is recorded with what its file holds: another file is another run, and a model asks for its own', async () => {
    write(corridor());
    expect(await pretrain('--world', './my-world.ts')).toMatchObject({ code: 0 });
    const { config, hash } = JSON.parse(fs.readFileSync('base/config.json', 'utf8'));
    expect(config.world).toMatchObject({
      name: 'tiny-corridor',
      cells: 5,
      file: './my-world.ts',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    // The same file elsewhere is the same run.
    fs.mkdirSync('other');
    fs.renameSync('my-world.ts', 'other/moved.ts');
    expect(await pretrain('--world', 'other/moved.ts')).toMatchObject({ code: 0, err: expect.stringContaining('nothing is left to do') });
    expect(JSON.parse(fs.readFileSync('base/config.json', 'utf8')).hash).toBe(hash);

    const skills = (...more: string[]) =>
      coxswain('analyse', 'probes', '--base', 'base', '--set', 'discover.evaluationEpisodes=32', '--out', 'probes', ...more);
    const gone = await skills();
    expect(gone).toMatchObject({
      code: EXIT_CODES.file,
      err: expect.stringContaining('./my-world.ts, the world that --base was made with, is gone'),
    });
    expect(fs.existsSync('probes')).toBe(false);
    write(`${corridor()}\n// changed\n`);
    const changed = await skills();
    expect(changed.err).toContain('./my-world.ts, the world that --base was made with, was changed since');
    expect(changed.code).toBe(EXIT_CODES['other-configuration']);
    expect(fs.existsSync('probes')).toBe(false);
    const here = await pretrain('--world', './my-world.ts');
    expect(here.code).toBe(EXIT_CODES['other-configuration']);
    expect(here.err).toContain('its world ./my-world.ts is not what ./my-world.ts held then');
    expect(await skills('--world', 'other/moved.ts')).toMatchObject({ code: 0 });
    expect(JSON.parse(fs.readFileSync('probes/config.json', 'utf8')).config.world.file).toBe('other/moved.ts');
  });

  it('is refused where a phase needs what it does not offer, which is said with the worlds that do', async () => {
    write(corridor());
    expect(await pretrain('--world', './my-world.ts')).toMatchObject({ code: 0 });
    const view = await coxswain('discover', '--base', 'base', '--view', 'touches', '--out', 'controller');
    expect(view.code).toBe(EXIT_CODES['not-offered']);
    expect(view.err).toMatch(/offers no symmetries.*discover\.symmetry=false.*Worlds that have it: gridworld-pinpad, point-pads/);
    expect(fs.existsSync('controller')).toBe(false);
  });

  it('is passed to the runs of a sweep', async () => {
    write(corridor());
    fs.writeFileSync(
      'sweep.yaml',
      'folder: runs\nworld: ./my-world.ts\nruns:\n  base:\n    command: pretrain\n    set: { world.cells: 7 }\n',
    );
    const plan = await coxswain('sweep', 'sweep.yaml', '--dry');
    expect(plan).toMatchObject({
      code: 0,
      out: expect.stringMatching(/missing {2}base {2}coxswain pretrain --world \.\/my-world\.ts --set world\.cells=7/),
    });
  });
});

describe('demonstrations from a file', () => {
  const record = async (...more: string[]) => {
    write(corridor());
    expect(
      await coxswain('world', './my-world.ts', '--record', 'shown.safetensors', '--episodes', '80', '--seed', '0', ...more),
    ).toMatchObject({ code: 0 });
  };
  const NOISELESS = ['--set', 'pretrain.noise=0'];

  it('train a world without an expert, and are held to what they were', async () => {
    await record();
    write(corridor('demonstrations: undefined,'));
    const asked = ['--world', './my-world.ts', '--demonstrations', 'shown.safetensors'];
    expect(await pretrain(...asked)).toMatchObject({ code: 0 });
    const { world } = JSON.parse(fs.readFileSync('base/config.json', 'utf8')).config;
    expect(world).toMatchObject({ demonstrations: 'shown.safetensors', demonstrationsSha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const { tensors } = readSafetensors(fs.readFileSync('shown.safetensors'), 'shown.safetensors');
    fs.writeFileSync('shown.safetensors', writeSafetensors(tensors, { another: 'header' }));
    const again = await pretrain(...asked);
    expect(again).toMatchObject({
      code: EXIT_CODES['other-configuration'],
      err: expect.stringContaining('its demonstrations shown.safetensors are not what'),
    });
    const probes = await coxswain('analyse', 'probes', '--base', 'base', '--out', 'probes');
    expect(probes.err).toContain('shown.safetensors, the demonstrations that --base was made with, was changed since');
    expect(fs.existsSync('probes')).toBe(false);
  });

  it('of which all that are trained on are the expert’s own give the same model, bit for bit', async () => {
    await record();
    // Ninety in a hundred of the file, so of the expert's own leave those out that it holds out.
    const { tensors } = readSafetensors(fs.readFileSync('shown.safetensors'), 'shown.safetensors');
    const spread = (name: string) => {
      const { shape, data } = tensors.get(name)!;
      const size = data.length / shape[0];
      const places = Array.from({ length: 80 }, (_, i) => i).flatMap((i) => (i > 0 && i % 9 === 0 ? [i - 1, i] : [i]));
      const rows = places.flatMap((i) => Array.from((data as Int32Array).subarray(i * size, (i + 1) * size)));
      return [name, { shape: [places.length, ...shape.slice(1)], data: Int32Array.from(rows) }] as const;
    };
    fs.writeFileSync('spread.safetensors', writeSafetensors(new Map([...tensors.keys()].map(spread))));
    expect(await pretrain('--world', './my-world.ts', '--demonstrations', 'spread.safetensors')).toMatchObject({ code: 0 });
    expect(await coxswain('pretrain', ...SMALL, ...NOISELESS, '--world', './my-world.ts', '--out', 'own')).toMatchObject({ code: 0 });
    const [stored, own] = ['base', 'own'].map((run) => fs.readFileSync(join(run, 'checkpoint/model.safetensors')));
    expect(stored.equals(own)).toBe(true);
  });

  it('that are none are refused, and nothing is written', async () => {
    await record();
    const { tensors } = readSafetensors(fs.readFileSync('shown.safetensors'), 'shown.safetensors');
    const refused = async (told: string, code: keyof typeof EXIT_CODES = 'bad-demonstrations') => {
      const ended = await pretrain('--world', './my-world.ts', '--demonstrations', 'bad.safetensors');
      expect(ended.err).toContain(told);
      expect(ended.code).toBe(EXIT_CODES[code]);
      expect(fs.existsSync('base')).toBe(false);
    };
    await refused('bad.safetensors', 'file');
    fs.writeFileSync('bad.safetensors', writeSafetensors(new Map([...tensors].filter(([name]) => name !== 'action'))));
    await refused('bad.safetensors: demonstrations, array action: missing');
    const length = { shape: [80], data: Int32Array.from({ length: 80 }, () => 99) };
    fs.writeFileSync('bad.safetensors', writeSafetensors(new Map<string, SafeTensor>([...tensors, ['length', length]])));
    await refused('99 steps of episode 0');
    fs.writeFileSync('bad.safetensors', 'no safetensors');
    await refused('bad.safetensors', 'bad-checkpoint');
  });
});
