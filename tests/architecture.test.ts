/** Who may know whom: the order of the packages, their public surfaces, and which files may reach for Node. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { models, PRESET_NAMES, systems, worlds } from '../packages/coxswain/src/lists.js';

const root = resolve(import.meta.dirname, '..');

interface Room {
  readonly folder: string;
  readonly mayImport: readonly string[];
  /** Files of it that may import more: those of an entry of its own. */
  readonly apart?: { readonly files: RegExp; readonly mayImport: readonly string[] };
  /** What all its files may import the types of. */
  readonly types?: readonly string[];
}

/** What systems are made with. */
const BELOW = ['base', 'kernels', 'tensor', 'transformer', 'metacontroller', 'envs', 'rl', 'lab'];
/** Worlds that are packages, for what they alone depend on: only the app names them. */
const WORLDS = ['envs-ant'];
const SYSTEMS = systems.map(({ name }) => name);

/** Each package may import those that it lists; all of them come before it. No system lists another. */
const rooms: Readonly<Record<string, Room>> = {
  base: { folder: 'packages/base', mayImport: [] },
  kernels: { folder: 'kernels', mayImport: ['base'] },
  tensor: { folder: 'packages/tensor', mayImport: ['base', 'kernels'] },
  transformer: { folder: 'packages/transformer', mayImport: ['base', 'kernels', 'tensor'] },
  metacontroller: { folder: 'packages/metacontroller', mayImport: ['base', 'tensor', 'transformer'] },
  envs: {
    folder: 'packages/envs',
    mayImport: ['base'],
    apart: { files: /\/src\/([\w-]+\/)?device(\.ts$|\/)/, mayImport: ['base', 'kernels', 'tensor'] },
    types: ['tensor'],
  },
  'envs-ant': { folder: 'packages/envs-ant', mayImport: ['base', 'envs'] },
  rl: { folder: 'packages/rl', mayImport: ['base', 'kernels', 'tensor', 'transformer', 'metacontroller', 'envs'] },
  lab: { folder: 'packages/lab', mayImport: ['base', 'tensor', 'transformer', 'envs'] },
  ...Object.fromEntries(SYSTEMS.map((name) => [name, { folder: `packages/${name}`, mayImport: BELOW }])),
  models: { folder: 'packages/models', mayImport: ['base', 'tensor', 'transformer', 'metacontroller', 'envs'] },
  coxswain: { folder: 'packages/coxswain', mayImport: [...BELOW, ...WORLDS, ...SYSTEMS, 'models'] },
};

/** The app is called by its own name, all else is in the scope. */
const packageOf = (room: string): string => (room === 'coxswain' ? room : `@coxswain/${room}`);
/** Whether a specifier is a package of this repository, or one of its entries. */
const isOurs = (specifier: string): boolean => /^(@coxswain\/|coxswain(\/|$))/.test(specifier);
const isOf = (specifier: string, room: string): boolean => specifier === packageOf(room) || specifier.startsWith(`${packageOf(room)}/`);
const outside = ['examples', 'bench'];

interface Source {
  readonly path: string;
  readonly isTest: boolean;
  readonly imports: string[];
  /** Those of which it imports types alone. */
  readonly typesOf: string[];
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
      const [imports, values] = [text, text.replace(/^(import|export) type [^;]*;/gm, '')].map((code) =>
        [...code.matchAll(IMPORT)].map((match) => match[2]),
      );
      return { path: join(folder, file), isTest, imports, typesOf: imports.filter((specifier) => !values.includes(specifier)), text };
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
    expect(found.sort()).toEqual(Object.keys(rooms).map(packageOf).sort());
    const order = Object.keys(rooms);
    for (const [name, { mayImport }] of Object.entries(rooms)) {
      for (const other of mayImport) expect(order.indexOf(other), `${name} → ${other}`).toBeLessThan(order.indexOf(name));
    }
  });

  it('enters another package only where it exports something, never through its files', () => {
    const exported = new Set(
      Object.entries(rooms).flatMap(([name, { folder }]) =>
        Object.keys(manifestOf(folder).exports).map((path) => `${packageOf(name)}${path.slice(1)}`),
      ),
    );
    expect(violations(all, (specifier) => isOurs(specifier) && !exported.has(specifier))).toEqual([]);
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

describe.each(Object.entries(rooms))('%s', (name, { folder, mayImport, apart, types = [] }) => {
  const sources = sourcesOf(folder);
  const manifest = manifestOf(folder);

  it('imports and depends on the packages before it alone', () => {
    const known = (specifier: string, { path, typesOf }: Source) =>
      [...(apart?.files.test(path) ? apart.mayImport : mayImport), ...(typesOf.includes(specifier) ? types : [])].some((other) =>
        isOf(specifier, other),
      );
    // A test may run a program that uses the package from outside, by its own name.
    const own = (specifier: string, { isTest }: Source) => isTest && isOf(specifier, name);
    expect(violations(sources, (specifier, source) => isOurs(specifier) && !known(specifier, source) && !own(specifier, source))).toEqual(
      [],
    );
    const needed = (dependency: string) => [...mayImport, ...(apart?.mayImport ?? [])].some((other) => isOf(dependency, other));
    expect(Object.keys(manifest.dependencies ?? {}).filter((dependency) => isOurs(dependency) && !needed(dependency))).toEqual([]);
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

// The lab keeps runs on the disk, and so does what is built on it: Node programs. All else also runs in a browser.
const anywhere = Object.entries(rooms).filter(([name]) => [...BELOW, ...WORLDS, 'models'].includes(name) && name !== 'lab');
describe.each(anywhere)('%s', (_, { folder }) => {
  it('reaches for Node in its node.ts entry, what lies in node/ behind it, and in tests alone', () => {
    const published = sourcesOf(folder).filter((source) => !source.isTest && !/\/src\/node(\.ts$|\/)/.test(source.path));
    const ofNode = (specifier: string) =>
      isBuiltin(specifier) || specifier === 'webgpu' || /^@coxswain\/\w+\/node$/.test(specifier) || /(^|\/)node(\.js$|\/)/.test(specifier);
    expect(violations(published, ofNode)).toEqual([]);
    expect(published.filter(({ text }) => /\b(process\.\w|Buffer\.\w|__dirname|require\()/.test(text)).map(({ path }) => path)).toEqual([]);
  });
});

/** What a file does, without what it says about it. */
const codeOf = ({ text }: Source): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');

/**
 * Where code names one of these things: in a string literal, alone or as a word among others where the name has a
 * hyphen, or as the identifier of its definition (`gridworldPinpad`). Names of packages in imports are no such things.
 */
function namesIn(source: Source, names: readonly string[], identifiers = true): string[] {
  const code = codeOf(source).replace(/(["'])(@coxswain\/|\.)[^"'\n]*\1/g, '');
  return names
    .filter((name) => {
      const alone = new RegExp(`(['"\`])${name}\\1`);
      const word = new RegExp(`(?<![\\w-])${name}(?![\\w-])`);
      const identifier = name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
      const named = identifiers && new RegExp(`(?<![\\w.])${identifier}\\b(?!\\s*[:?(])`, 'i').test(code);
      return named || (name.includes('-') ? word : alone).test(code);
    })
    .map((name) => `${source.path} names ${name}`);
}

describe('names', () => {
  const published = (...names: readonly string[]) => names.flatMap((name) => sourcesOf(rooms[name].folder)).filter(({ isTest }) => !isTest);
  const outsideOf = (sources: readonly Source[], ...own: readonly RegExp[]) =>
    sources.filter(({ path }) => !own.some((one) => one.test(path)));
  const all = published(...BELOW, ...WORLDS, ...SYSTEMS);
  const namesOf = (things: readonly { readonly name: string }[]): string[] => things.map(({ name }) => name);

  it('of worlds are said by their own folders alone', () => {
    for (const name of namesOf(worlds)) {
      const folder = new RegExp(`/src/${name}/|^packages/envs-${name.split('-')[0]}/`);
      expect(outsideOf(all, folder).flatMap((source) => namesIn(source, [name]))).toEqual([]);
    }
  });

  it('of models are said by their own package alone, and there by their own folders', () => {
    for (const name of namesOf(models)) {
      // What their shared settings are called says what each of them makes of one: their words are kept as they were.
      const shared = /transformer\/src\/settings\.ts$/;
      const own = name === 'transformer' ? /transformer\/src\// : new RegExp(`/src/${name}/`);
      expect(outsideOf(all, own, shared).flatMap((source) => namesIn(source, [name]))).toEqual([]);
    }
  });

  it('of systems are said by themselves alone', () => {
    for (const name of SYSTEMS) {
      const others = published(...BELOW, ...SYSTEMS.filter((other) => other !== name));
      expect(others.flatMap((source) => namesIn(source, [name], false))).toEqual([]);
    }
  });

  it('of presets are said only where worlds, models and systems say what one means to them', () => {
    const settings = new RegExp(`/settings(\\.ts$|/)|/src/(${namesOf(worlds).join('|')})/`);
    expect(outsideOf(all, settings).flatMap((source) => namesIn(source, PRESET_NAMES, false))).toEqual([]);
    expect(published('lab').flatMap((source) => namesIn(source, PRESET_NAMES, false))).toEqual([]);
  });

  it('of phases are said by their own system and the demo alone', () => {
    for (const { name, phases } of systems) {
      const others = outsideOf(published(...BELOW, ...SYSTEMS.filter((other) => other !== name), 'coxswain'), /coxswain\/src\/demo\.ts$/);
      expect(others.flatMap((source) => namesIn(source, namesOf(phases), false))).toEqual([]);
    }
  });
});

it('says nothing in a comment line of more than 120 signs', () => {
  const long = [...all, ...sourcesOf('tests')].flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, i) => (/^\s*(\/\/|\/?\*+ )/.test(line) && [...line].length > 120 ? [`${path}:${i + 1}`] : [])),
  );
  expect(long).toEqual([]);
});
