/** Where results go: what is in the way is named, and nothing is left beside it. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileAt, makeFolder, writeAtomic, writeFile } from '@coxswain/lab';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ask } from './ask.js';
import { open } from './folders.js';

let root: string;
const at = (name: string): string => join(root, name);
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'coxswain-writable-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(root, { recursive: true, force: true });
});

const coxswain = (...args: string[]) => ask(args);

/** Every operation of this name fails as on a disk, or in a folder, that refuses it. */
function refuse(name: 'mkdirSync' | 'openSync', code: string): void {
  vi.spyOn(fs, name).mockImplementation((() => {
    throw Object.assign(new Error(`${code}: refused`), { code });
  }) as never);
}

it('a report for a folder is its index.html', async () => {
  open(at('runs/one')).close();
  fs.mkdirSync(at('there'));
  expect(await coxswain('report', '--runs', at('runs'), '--out', at('there'))).toMatchObject({ code: 0, err: '' });
  expect(await coxswain('report', '--runs', at('runs'), '--out', `${at('new')}/`)).toMatchObject({ code: 0, err: '' });
  expect(fs.readdirSync(at('there'))).toEqual(['index.html']);
  expect(fs.readdirSync(at('new'))).toEqual(['index.html']);
  expect(fs.readdirSync(root).sort()).toEqual(['new', 'runs', 'there']);
  expect(fileAt(at('there'), 'episode.svg')).toBe(at('there/episode.svg'));
  expect(fileAt(at('file.svg'), 'episode.svg')).toBe(at('file.svg'));
});

it('a folder where a file is to be written is named, and nothing is left', async () => {
  open(at('runs/one')).close();
  fs.mkdirSync(at('all.json'));
  const { code, err } = await coxswain('report', '--runs', at('runs'), '--out', at('page.html'), '--results', at('all'));
  expect(code).toBe(10);
  expect(err).toContain(`${at('all.json')}: a folder, where a file is to be written`);
  expect(fs.readdirSync(root).sort()).toEqual(['all.json', 'page.html', 'runs']);
});

it('a file that cannot be put in its place is not left under another name', () => {
  vi.spyOn(fs, 'renameSync').mockImplementation(() => {
    throw Object.assign(new Error('EBUSY: busy'), { code: 'EBUSY' });
  });
  expect(() => writeAtomic(at('page.html'), 'text')).toThrow(/EBUSY/);
  expect(fs.readdirSync(root)).toEqual([]);
});

it.each([
  ['pretrain', ['--set', 'pretrain.warmup=0', '--steps', '2', '--out', 'file/run']],
  ['report', ['--runs', 'runs', '--out', 'file/page.html']],
  ['tensorboard', ['--runs', 'runs', '--out', 'file/events']],
])('%s: a file above the place is named', async (command, args) => {
  open(at('runs/one')).close();
  fs.writeFileSync(at('file'), '');
  const { code, err } = await coxswain(command, ...args.map((word) => (/^(file|runs)/.test(word) ? at(word) : word)));
  expect(code).toBe(10);
  expect(err).toContain(`${at('file')} is a file, not a folder`);
});

it.each([
  ['EROFS', 'is on a read-only disk'],
  ['EACCES', 'may not be written by this user'],
])('%s: the folder that cannot be written is named', async (code, reason) => {
  refuse('mkdirSync', code);
  const { err, ...result } = await coxswain('pretrain', '--out', at('runs/deep/run'));
  expect(result.code).toBe(10);
  expect(err).toContain(`${root} ${reason}: ${at('runs/deep/run')} cannot be written`);
});

it('a run folder on a disk that became read-only is named', async () => {
  fs.mkdirSync(at('run'));
  refuse('openSync', 'EROFS');
  expect(() => writeAtomic(at('run/config.json'), '{}')).toThrow(`${at('run')} is on a read-only disk`);
});

it.skipIf(!fs.existsSync('/proc/self'))('a folder that takes no folders is named', () => {
  expect(() => makeFolder('/proc/coxswain/run')).toThrow('/proc takes no new files: /proc/coxswain/run cannot be written');
});

it('what several processes write is written by each in a file of its own', () => {
  // Another one is half-way; to take its file, or to remove it, would end it with an error.
  fs.writeFileSync(at('sweep.md.new'), 'half');
  writeFile(at('sweep.md'), 'whole', { write: () => true });
  expect(fs.readFileSync(at('sweep.md'), 'utf8')).toBe('whole');
  expect(fs.readFileSync(at('sweep.md.new'), 'utf8')).toBe('half');
  expect(fs.readdirSync(root).sort()).toEqual(['sweep.md', 'sweep.md.new']);
});
