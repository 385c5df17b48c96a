/** A world, a model: deleting its folder and its place in the lists is all there is to do; what is left typechecks. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const rooms = ['kernels', ...fs.readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)];

interface Deleted {
  readonly folder: string;
  /** What it is called in the lists. */
  readonly name: string;
  /** The lists, and how many of their lines name it or its folder. */
  readonly lists: Readonly<Record<string, number>>;
}

const DELETED: Record<string, Deleted> = {
  'the continuous pads': {
    folder: 'packages/envs/src/point-pads',
    name: 'pointPads',
    lists: { 'packages/envs/src/index.ts': 1, 'packages/lab/src/worlds.ts': 2 },
  },
  hawk: {
    folder: 'packages/transformer/src/hawk',
    name: 'hawk',
    lists: { 'packages/transformer/src/index.ts': 1, 'packages/lab/src/models.ts': 2 },
  },
};

const copies: string[] = [];
afterAll(() => {
  for (const copy of copies) fs.rmSync(copy, { recursive: true, force: true });
});

/**
 * The sources without their tests, with the libraries of each package and with packages that find each other in the
 * copy.
 */
function copied(): string {
  const copy = fs.mkdtempSync(join(tmpdir(), 'coxswain-deletion-'));
  copies.push(copy);
  const paths: Record<string, string[]> = {};
  for (const room of rooms) {
    const manifest = JSON.parse(fs.readFileSync(join(root, room, 'package.json'), 'utf8'));
    const sources = (path: string): boolean => !/(^|\/)(node_modules|dist|test|testing|models|golden)(\/|$)|\.test\.ts$/.test(path);
    fs.cpSync(join(root, room), join(copy, room), { recursive: true, filter: (path) => sources(path.slice(root.length + 1)) });
    if (fs.existsSync(join(root, room, 'node_modules'))) fs.symlinkSync(join(root, room, 'node_modules'), join(copy, room, 'node_modules'));
    for (const [path, { source }] of Object.entries<{ source?: string }>(manifest.exports))
      if (source) paths[manifest.name + path.slice(1)] = [`./${join(room, source)}`];
  }
  fs.symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const { compilerOptions, ...rest } = JSON.parse(fs.readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  const options = { ...compilerOptions, noEmit: true, paths, noUnusedLocals: false };
  fs.writeFileSync(join(copy, 'tsconfig.json'), JSON.stringify({ ...rest, compilerOptions: options, include: ['packages', 'kernels'] }));
  return copy;
}

/** What the compiler says of a copy. */
function complaints(copy: string): string {
  try {
    execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.json', '--noEmit'], { cwd: copy, encoding: 'utf8' });
    return '';
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout);
  }
}

describe('without', () => {
  it.each(Object.entries(DELETED))('%s the rest typechecks', (_, { folder, name, lists }) => {
    const copy = copied();
    fs.rmSync(join(copy, folder), { recursive: true });
    const place = folder.split('/').at(-1) as string;
    for (const [list, lines] of Object.entries(lists)) {
      const path = join(copy, list);
      const text = fs.readFileSync(path, 'utf8').split('\n');
      const names = (line: string): boolean => new RegExp(`\\b${name}\\b`).test(line) || line.includes(`./${place}/`);
      expect(text.filter((line) => names(line) && !line.trimStart().startsWith('/**'))).toHaveLength(lines);
      const left = text
        .filter((line) => !(line.includes(`./${place}/`) && line.startsWith('export')))
        .map((line) => line.replace(new RegExp(`\\b${name}\\b, |, ${name}\\b`), ''));
      fs.writeFileSync(path, left.join('\n'));
    }
    expect(complaints(copy)).toBe('');
  });

  it('nothing at all it typechecks too, and without a list it does not', () => {
    const copy = copied();
    expect(complaints(copy)).toBe('');
    fs.rmSync(join(copy, DELETED.hawk.folder), { recursive: true });
    expect(complaints(copy)).toContain('hawk');
  });
});
