/**
 * A world, a model, a system: deleting its folder and its places in the lists is all there is to do; what is left
 * typechecks.
 */
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
  /** Files that name it, and how many of their lines do. */
  readonly lists: Readonly<Record<string, number>>;
}

/** The list of the app: a line that imports it, one that lists it. */
const APP = 'packages/coxswain/src/lists.ts';

const inPackage = (index: string, folder: string, name: string): Deleted => ({ folder, name, lists: { [index]: 1, [APP]: 2 } });

/** A line in the list and one in the manifest, where what it was imported by goes with it. */
const system = (folder: string, name: string): Deleted => ({
  folder: `packages/${folder}`,
  name,
  lists: { [APP]: 2, 'packages/coxswain/package.json': 1 },
});

const DELETED: Record<string, Deleted> = {
  'the continuous pads': inPackage('packages/envs/src/index.ts', 'packages/envs/src/point-pads', 'pointPads'),
  'the ant': system('envs-ant', 'antPinpad'),
  hawk: inPackage('packages/transformer/src/index.ts', 'packages/transformer/src/hawk', 'hawk'),
  imitation: system('imitation', 'imitation'),
  'internal RL': system('internal-rl', 'internalRl'),
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
    const sources = (path: string): boolean =>
      !/(^|\/)(node_modules|dist|test|testing|golden)(\/|$)|^packages\/models\/grid-mini|\.test\.ts$/.test(path);
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

/** Sources of a copy that import a package, which the compiler would find among the libraries of the original. */
function importers(copy: string, folder: string): string[] {
  const specifier = new RegExp(`['"]@coxswain/${folder.split('/').at(-1)}(/[^'"]*)?['"]`);
  return rooms
    .filter((room) => fs.existsSync(join(copy, room, 'src')))
    .flatMap((room) =>
      fs.readdirSync(join(copy, room, 'src'), { recursive: true, encoding: 'utf8' }).map((file) => join(room, 'src', file)),
    )
    .filter((file) => file.endsWith('.ts') && specifier.test(fs.readFileSync(join(copy, file), 'utf8')));
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

/** Whether a line of a list names what is deleted: by its name, the place of its folder or its package. */
function names(line: string, { folder, name }: Deleted): boolean {
  const place = folder.split('/').at(-1) as string;
  return (
    new RegExp(`\\b${name}\\b`).test(line) ||
    line.includes(`./${place}/`) ||
    line.includes(`@coxswain/${place}'`) ||
    line.includes(`"@coxswain/${place}"`)
  );
}

/** A list without it: lines that import it alone, export it or depend on it go, and its name goes from the others. */
function without(text: string, deleted: Deleted): string {
  const { name } = deleted;
  const alone = new RegExp(`^(export \\* from|import \\{ ${name} \\} from|    "@coxswain/)`);
  return text
    .split('\n')
    .filter((line) => !(names(line, deleted) && alone.test(line)))
    .map((line) => line.replace(new RegExp(`\\b${name}\\b, |, ${name}\\b`), ''))
    .join('\n');
}

describe('without', () => {
  it.each(Object.entries(DELETED))('%s the rest typechecks', (_, deleted) => {
    const copy = copied();
    fs.rmSync(join(copy, deleted.folder), { recursive: true });
    for (const [list, lines] of Object.entries(deleted.lists)) {
      const path = join(copy, list);
      const text = fs.readFileSync(path, 'utf8');
      const naming = text.split('\n').filter((line) => names(line, deleted) && !line.trimStart().startsWith('/**'));
      expect(naming, naming.join('\n')).toHaveLength(lines);
      fs.writeFileSync(path, without(text, deleted));
      expect(
        fs
          .readFileSync(path, 'utf8')
          .split('\n')
          .filter((line) => names(line, deleted) && !line.trimStart().startsWith('/**')),
      ).toEqual([]);
    }
    if (rooms.includes(deleted.folder)) expect(importers(copy, deleted.folder)).toEqual([]);
    expect(complaints(copy)).toBe('');
  });

  it('nothing at all it typechecks too, and without a list it does not', () => {
    const copy = copied();
    expect(complaints(copy)).toBe('');
    fs.rmSync(join(copy, DELETED.hawk.folder), { recursive: true });
    expect(complaints(copy)).toContain('hawk');
  });
});
