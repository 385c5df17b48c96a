/** What the command says about itself. */

import { expect, it } from 'vitest';
import { fitHelp, HELP_COLUMNS } from '../src/command/fit-help.js';
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

it.each(ALL)(`coxswain %s %s --help stays within ${HELP_COLUMNS} columns`, async (...words: string[]) => {
  const { code, out } = await coxswain(...words.filter(Boolean), '--help');
  expect(code).toBe(0);
  expect(out.split('\n').filter(({ length }) => length > HELP_COLUMNS)).toEqual([]);
  expect(out).toContain('--help');
});

it('breaks rows and paragraphs anew, and nothing that is short', () => {
  const words = Array.from({ length: 40 }, (_, i) => `word${i}`).join(' ');
  const text = `title\n\n  --out FILE  ${words}\n              and more\n  --set  short\n\n  yaml:\n    [1, 2]\n\n${words}\nends here.\n`;
  const fitted = fitHelp(text);
  expect(fitted.split(/\s+/)).toEqual(text.split(/\s+/));
  for (const line of fitted.split('\n')) expect(line.length).toBeLessThanOrEqual(HELP_COLUMNS);
  expect(fitted).toContain('\n  --set  short\n\n  yaml:\n    [1, 2]\n\nword0');
  expect(fitted).toMatch(/\n {14}word\d+ .*and more\n/);
  expect(fitHelp('one\ntwo\n')).toBe('one\ntwo\n');
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
