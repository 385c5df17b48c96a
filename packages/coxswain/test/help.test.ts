/** What the command says about itself. */

import { describe, expect, it } from 'vitest';
import { ANALYSES, PHASES, SECTION_NAMES, SUMMARIES } from '../src/lists.js';
import { ask } from './ask.js';

const coxswain = (...args: string[]) => ask(args, PHASES, { openDevice: () => Promise.reject(new Error('help opens no device')) });

/** Every command there is, by the list that the command itself gives. */
const { out: overview } = await coxswain('--help');
const COMMANDS = [...overview.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(([, name]) => name);
const ALL = [[], ...COMMANDS.map((name) => [name]), ...[...ANALYSES, ...SUMMARIES].map(({ name }) => ['analyse', name])];

it('lists every command', () => {
  expect(COMMANDS).toEqual(expect.arrayContaining([...PHASES.map(({ name }) => name), 'sweep', 'cost', 'settings', 'analyse', 'report']));
});

describe.each([undefined, 72, 160])('on a terminal of %s columns', (columns) => {
  it.each(ALL)('coxswain %s %s --help stays within them', async (...words: string[]) => {
    let out = '';
    const stdout = { columns, write: (text: string) => (out += text) };
    expect(await ask([...words.filter(Boolean), '--help'], PHASES, { stdout })).toMatchObject({ code: 0 });
    expect(out.split('\n').filter(({ length }) => length > (columns ?? 100))).toEqual([]);
    // Where there is so much to tell, lines are as long as they may be.
    if (words[0] === 'pretrain') expect(Math.max(...out.split('\n').map(({ length }) => length))).toBeGreaterThan((columns ?? 100) - 15);
    expect(out).toContain('-h, --help');
  });
});

it.each([
  ['nothing', [], ''],
  ['help', ['help'], ''],
  ['help and a command', ['help', 'pretrain'], 'pretrain'],
  ['help and what is no command', ['help', 'nothing'], ''],
  ['a command that has commands', ['analyse'], 'analyse'],
])('%s is answered as --help is', async (_, words, command) => {
  expect(await coxswain(...words)).toEqual(await coxswain(...[command].filter(Boolean), '--help'));
});

it('tells what a command is about beside its options: defaults, models, short names, settings, examples', async () => {
  const told = async (...words: string[]) => (await coxswain(...words, '--help')).out.replace(/\s+/g, ' ');
  const evaluate = await told('evaluate');
  for (const fact of [
    '--seed <N> Seed of everything random (default: 0)',
    '--keep <N> Checkpoints to keep, the last one included; earlier ones are in checkpoints/ (default: 1)',
    'Run folder (default: runs/evaluate-seed-N)',
    'Models it starts from: --base <FOLDER>',
    '--task <VALUE> Short for --set reinforce.task=VALUE. Task to be rewarded',
    'It reads the settings of: world, model, metacontroller, discover, reinforce, internal, raw, evaluate.',
  ])
    expect(evaluate).toContain(fact);
  expect(evaluate).not.toContain('--demonstrations');
  expect(await told('pretrain')).toContain('--demonstrations <FILE>');
  expect(await told('analyse', 'probes')).toContain('Run folder (default: runs/analyse-probes-seed-N)');
  expect(await told('watch')).toContain('(default: runs)');
  const sweep = await coxswain('sweep', '--help');
  expect(sweep.out).toContain("\n      options: { seed: '{seed}', base: base, view: '{view}' }\n");
  expect(sweep.out.replace(/\s+/g, ' ')).toContain('needs the optional packages bullmq and ioredis');
});

it('settings: one section, and JSON', async () => {
  const { out } = await coxswain('settings', '--section', 'skills');
  expect(out.match(/^[a-z]+\./gm)?.every((start) => start === 'skills.')).toBe(true);
  expect(out).toContain('skills.worlds=');
  const json = JSON.parse((await coxswain('settings', '--json', '--preset', 'grid-small', '--set', 'pretrain.steps=900')).out);
  expect(json.preset).toBe('grid-small');
  expect(new Set(json.settings.map(({ key }: { key: string }) => key.split('.')[0]))).toEqual(new Set(SECTION_NAMES));
  const steps = json.settings.find(({ key }: { key: string }) => key === 'pretrain.steps');
  expect(steps).toEqual({ key: 'pretrain.steps', value: 900, meaning: expect.any(String), expected: expect.any(String) });
  const unknown = await coxswain('settings', '--section', 'skill');
  expect(unknown.code).toBe(2);
  expect(unknown.err).toContain('--section: `skill`');
  expect(unknown.err).toContain('Did you mean `skills`?');
});
