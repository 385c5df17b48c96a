/** Who may know whom: the order of the packages, their public surfaces, and which files may reach for Node. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { models, PHASES, PRESET_NAMES, worlds } from '../packages/lab/src/lists.js';

const root = resolve(import.meta.dirname, '..');

/** Each package may import those that it lists; all of them come before it. */
const rooms: Record<string, { folder: string; mayImport: string[] }> = {
  base: { folder: 'packages/base', mayImport: [] },
  kernels: { folder: 'kernels', mayImport: ['base'] },
  tensor: { folder: 'packages/tensor', mayImport: ['base', 'kernels'] },
  transformer: { folder: 'packages/transformer', mayImport: ['base', 'kernels', 'tensor'] },
  metacontroller: { folder: 'packages/metacontroller', mayImport: ['base', 'tensor', 'transformer'] },
  envs: { folder: 'packages/envs', mayImport: ['base'] },
  rl: { folder: 'packages/rl', mayImport: ['base', 'kernels', 'tensor', 'transformer', 'metacontroller', 'envs'] },
  lab: { folder: 'packages/lab', mayImport: ['base', 'kernels', 'tensor', 'transformer', 'metacontroller', 'envs', 'rl'] },
};
const outside = ['examples', 'bench'];

interface Source {
  readonly path: string;
  readonly isTest: boolean;
  readonly imports: string[];
  readonly text: string;
}

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*(['"])([^'"\n]+)\1/g;

function sourcesOf(folder: string): Source[] {
  const files = existsSync(join(root, folder)) ? readdirSync(join(root, folder), { recursive: true }).map(String) : [];
  return files
    .filter((file) => /\.ts$/.test(file) && !/\.d\.ts$/.test(file) && !/(^|\/)(node_modules|dist)\//.test(file))
    .map((file) => {
      const text = readFileSync(join(root, folder, file), 'utf8');
      const isTest = /\.test\.ts$|(^|\/)(test|testing)\//.test(file);
      return { path: join(folder, file), isTest, imports: [...text.matchAll(IMPORT)].map((match) => match[2]), text };
    });
}

const manifestOf = (folder: string) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));

/** `path imports what` for every import that `wrong` names as wrong. */
const violations = (sources: Source[], wrong: (specifier: string, source: Source) => boolean) =>
  sources.flatMap((source) =>
    source.imports.filter((specifier) => wrong(specifier, source)).map((specifier) => `${source.path} imports ${specifier}`),
  );

const all = [...Object.values(rooms).map(({ folder }) => folder), ...outside].flatMap(sourcesOf);

describe('the house', () => {
  it('has every room, and no other', () => {
    const found = ['kernels', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)].map(
      (folder) => manifestOf(folder).name,
    );
    expect(found.sort()).toEqual(
      Object.keys(rooms)
        .map((name) => `@coxswain/${name}`)
        .sort(),
    );
    const order = Object.keys(rooms);
    for (const [name, { mayImport }] of Object.entries(rooms)) {
      for (const other of mayImport) expect(order.indexOf(other), `${name} → ${other}`).toBeLessThan(order.indexOf(name));
    }
  });

  it('enters another package only where it exports something, never through its files', () => {
    const exported = new Set(
      Object.entries(rooms).flatMap(([name, { folder }]) =>
        Object.keys(manifestOf(folder).exports).map((path) => `@coxswain/${name}${path.slice(1)}`),
      ),
    );
    expect(violations(all, (specifier) => specifier.startsWith('@coxswain/') && !exported.has(specifier))).toEqual([]);
    // Test tools are no part of a package's surface: tests share them by path.
    const leaves = (specifier: string, { path, isTest }: Source) => {
      if (!specifier.startsWith('.')) return false;
      const home = [...Object.values(rooms).map(({ folder }) => folder), ...outside].find((folder) => path.startsWith(`${folder}/`)) ?? '';
      const target = relative(root, resolve(root, path, '..', specifier));
      return !target.startsWith(`${home}/`) && !(isTest && /\/src\/testing\//.test(target));
    };
    expect(violations(all, leaves)).toEqual([]);
  });
});

describe.each(Object.entries(rooms))('%s', (name, { folder, mayImport }) => {
  const sources = sourcesOf(folder);
  const manifest = manifestOf(folder);

  it('imports and depends on the packages before it alone', () => {
    const known = (specifier: string) =>
      mayImport.some((other) => specifier === `@coxswain/${other}` || specifier.startsWith(`@coxswain/${other}/`));
    // A test may run a program that uses the package from outside, by its own name.
    const own = (specifier: string, { isTest }: Source) =>
      isTest && (specifier === `@coxswain/${name}` || specifier.startsWith(`@coxswain/${name}/`));
    expect(
      violations(sources, (specifier, source) => specifier.startsWith('@coxswain/') && !known(specifier) && !own(specifier, source)),
    ).toEqual([]);
    expect(
      Object.keys(manifest.dependencies ?? {}).filter((dependency) => dependency.startsWith('@coxswain/') && !known(dependency)),
    ).toEqual([]);
  });

  it('declares what its published code imports', () => {
    const published = sources.filter((source) => !source.isTest);
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
    const undeclared = (specifier: string) =>
      !specifier.startsWith('.') &&
      !isBuiltin(specifier) &&
      !declared.some((dependency) => specifier === dependency || specifier.startsWith(`${dependency}/`));
    expect(violations(published, undeclared)).toEqual([]);
  });

  it('asks for what need not be installed only when it uses it', () => {
    const optional = Object.keys(manifest.peerDependenciesMeta ?? {});
    for (const dependency of optional) {
      const asked = new RegExp(`^(import|export) (?!type )([^;]*from )?'${dependency}(/|')`, 'm');
      const atOnce = sources.filter(({ isTest, text }) => !isTest && asked.test(text));
      expect(atOnce.map(({ path }) => `${path} imports ${dependency} at once`)).toEqual([]);
    }
  });
});

// The lab is the command line: a Node program through and through. Everything under it also runs in a browser.
describe.each(Object.entries(rooms).filter(([name]) => name !== 'lab'))('%s', (_, { folder }) => {
  it('reaches for Node in its node.ts entry, what lies in node/ behind it, and in tests alone', () => {
    const published = sourcesOf(folder).filter((source) => !source.isTest && !/\/src\/node(\.ts$|\/)/.test(source.path));
    const ofNode = (specifier: string) =>
      isBuiltin(specifier) || specifier === 'webgpu' || /^@coxswain\/\w+\/node$/.test(specifier) || /(^|\/)node(\.js$|\/)/.test(specifier);
    expect(violations(published, ofNode)).toEqual([]);
    expect(published.filter(({ text }) => /\b(process\.\w|Buffer\.\w|__dirname|require\()/.test(text)).map(({ path }) => path)).toEqual([]);
  });
});

describe('what the lab is made of', () => {
  const sources = sourcesOf('packages/lab/src').filter(({ isTest }) => !isTest);
  const inside = ({ path }: Source, ...folders: readonly string[]) =>
    folders.some((folder) => path.startsWith(`packages/lab/src/${folder}`));

  it('knows no phase by name but in the rooms of the method and the demo that runs them', () => {
    const names = PHASES.map(({ name }) => name);
    const named = new RegExp(`'(${names.join('|')})'`);
    const elsewhere = sources.filter((source) => !inside(source, 'phases/', 'lists.ts', 'imitation/', 'analyses/', 'skills/', 'demo.ts'));
    expect(elsewhere.filter(({ text }) => named.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('reads, checks and composes settings without naming a phase, a world, a model or a preset', () => {
    const names = [...PHASES, ...worlds, ...models].map(({ name }) => name);
    const named = new RegExp(`\\b(${[...names, ...PRESET_NAMES].join('|')})\\b`, 'g');
    const machinery = sources.filter((source) => inside(source, 'settings/'));
    expect(machinery.length).toBeGreaterThan(3);
    expect(machinery.flatMap(({ path, text }) => [...text.matchAll(named)].map(([name]) => `${path} names ${name}`))).toEqual([]);
  });
});

it('says nothing in a comment line of more than 120 signs', () => {
  const long = all.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, i) => (/^\s*(\/\/|\/?\*+ )/.test(line) && [...line].length > 120 ? [`${path}:${i + 1}`] : [])),
  );
  expect(long).toEqual([]);
});
