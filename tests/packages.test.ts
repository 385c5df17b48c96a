/**
 * Every package, packed as it would be published, installs from its tarball into an empty project as its README says,
 * with npm and with pnpm, and runs and compiles every program of that README.
 */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { SourceMap, type SourceMapping } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAll, pack, packages, root, run } from '../scripts/packages.mjs';
import { address, addressFields } from '../scripts/release/address.mjs';
import { strangersProject } from '../scripts/release/stranger.mjs';
import { installOf, type Snippet, snippetsOf } from './readme.js';

const folder = mkdtempSync(join(tmpdir(), 'coxswain-strangers-'));
const all = packages();
const tarballs = new Map<string, string>();

beforeAll(() => {
  buildAll();
  for (const built of all) tarballs.set(built.name, pack(built, folder));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A project that the README at `page` was followed in. */
function following(page: string, manager: 'npm' | 'pnpm') {
  const { names, builds } = installOf(page, manager);
  const project = strangersProject(folder, tarballs);
  project.install(manager, names, builds);
  return project;
}

/** What runs of a snippet: itself as it stands, or, where it has types, without them. */
async function programOf({ text }: Snippet): Promise<string> {
  const typed = /^import type |\bsatisfies\b|^interface /m.test(text);
  return typed ? (await transform(text, { loader: 'ts', target: 'es2022' })).code : text;
}

describe.each(all)('$name', ({ name, folder: home }) => {
  const page = join(home, 'README.md');
  const snippets = snippetsOf(page);

  it('says what to install, and shows a program with what it prints', () => {
    expect(installOf(page, 'npm').names[0]).toBe(name);
    expect(snippets[0].prints).not.toBe('');
    // No Node that we support reads it.
    for (const { text } of snippets) expect(text).not.toMatch(/\busing \w+ =/);
  });

  it('installs with pnpm, runs and compiles outside the repository', async () => {
    // pnpm lets a package see only what it declares, so a dependency that is not declared fails here.
    const { folder: project } = following(page, 'pnpm');
    const compilerOptions = { strict: true, module: 'nodenext', target: 'es2022', noEmit: true, types: [] };
    const files = snippets.map((_, i) => `program-${i}.mts`);
    for (const [i, snippet] of snippets.entries()) {
      writeFileSync(join(project, `program-${i}.mjs`), await programOf(snippet));
      writeFileSync(join(project, files[i]), snippet.text);
      expect(run(process.execPath, [`program-${i}.mjs`], project).trim()).toBe(snippet.prints);
    }
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], project);
  });

  it('installs alone with npm and loads, where nothing else is', () => {
    const project = strangersProject(folder, tarballs);
    project.install('npm', [name]);
    const said = run(process.execPath, ['-p', `import('${name}').then((all) => console.log(typeof all)), ''`], project.folder);
    expect(said.trim()).toBe('object');
    // The command is installed to run; libraries leave Dawn to who asks for a device.
    expect(existsSync(join(project.folder, 'node_modules/webgpu'))).toBe(name === 'coxswain');
  });

  it('has in its tarball what it names, and no more of the repository than its sources', () => {
    const files = run('tar', ['tf', tarballs.get(name) as string], folder)
      .trim()
      .split('\n');
    const text = (file: string) => run('tar', ['xOf', tarballs.get(name) as string, file], folder);
    const manifest = JSON.parse(text('package/package.json'));
    expect(JSON.stringify(manifest)).not.toContain('workspace:');
    expect(JSON.stringify(manifest.exports)).not.toContain('/src/');
    expect(manifest.keywords.length).toBeGreaterThan(2);
    const web = address();
    if (web) expect(manifest).toMatchObject(addressFields(home, web));
    expect(files.filter((file) => /\.test\.ts$|\/testing\//.test(file))).toEqual([]);
    const links = [...text('package/README.md').matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link]) => link);
    const broken = links.filter((link) => !/^https:/.test(link) && !files.some((file) => `${file}/`.startsWith(`package/${link}/`)));
    expect(broken).toEqual([]);
  });

  it('has declarations whose maps lead to the sources, line by line', () => {
    const file = (path: string) => run('tar', ['xOf', tarballs.get(name) as string, `package/${path}`], folder);
    const listed = run('tar', ['tf', tarballs.get(name) as string], folder);
    const declarations = [...listed.matchAll(/^package\/(dist\/.*\.d\.ts)$/gm)].map(([, path]) => path);
    expect(declarations.length).toBeGreaterThan(0);
    for (const path of declarations) expect(listed).toContain(`package/${path}.map\n`);
    const path = declarations.find((candidate) => /^export declare (class|function) \w+/m.test(file(candidate))) as string;
    const map = new SourceMap(JSON.parse(file(`${path}.map`)));
    const source = join(dirname(path), map.payload.sources[0]);
    const lines = file(path).split('\n');
    const at = lines.findIndex((line) => /^export declare (class|function) \w+/.test(line));
    const [, declared] = /^export declare (?:class|function) (\w+)/.exec(lines[at]) as RegExpExecArray;
    const { originalLine } = map.findEntry(at, lines[at].indexOf(declared)) as SourceMapping;
    expect(file(source).split('\n')[originalLine]).toContain(declared);
  });
});

it('takes a world of a file, beside which nothing is installed but the command, to a success rate', () => {
  const { folder: project } = following(join(root, 'packages/coxswain/README.md'), 'pnpm');
  const elsewhere = mkdtempSync(join(folder, 'world-'));
  copyFileSync(join(root, 'examples/my-world.ts'), join(elsewhere, 'my-world.ts'));
  const coxswain = (...args: string[]) => run(join(project, 'node_modules/.bin/coxswain'), args, elsewhere);
  expect(coxswain('world', './my-world.ts', '--check')).not.toContain('broken');
  const set = (...changes: string[]) => changes.flatMap((change) => ['--set', change]);
  const small = set('model.width=16', 'model.depth=2', 'model.heads=2', 'pretrain.episodes=64', 'pretrain.batch=8', 'pretrain.steps=2');
  const brief = [...small, ...set('pretrain.warmup=0', 'pretrain.evaluationEpisodes=16')];
  expect(coxswain('pretrain', '--world', './my-world.ts', ...brief, '--out', 'base')).toContain('Done: base');
  const short = set('discover.symmetry=false', 'discover.episodes=64', 'discover.batch=8', 'discover.steps=2', 'discover.warmup=0');
  const gates = set('discover.alphaWarmup=1', 'discover.laterGateFrom=1', 'discover.evaluationEpisodes=16', 'discover.injectionEpisodes=8');
  const found = coxswain('discover', '--base', 'base', '--view', 'touches', ...short, ...gates, '--out', 'controller');
  expect(found).toContain('Done: controller');
  const learn = set('internal.updates=1', 'internal.episodesPerUpdate=16', 'evaluate.episodes=16');
  const learnt = coxswain('reinforce', '--base', 'base', '--controller', 'controller', ...learn, '--out', 'rl');
  expect(learnt).toMatch(/Success on \d+: [\d.]+ of sampled episodes/);
  coxswain('report', '--runs', '.', '--out', 'report.html');
  expect(readFileSync(join(elsewhere, 'report.html'), 'utf8')).toContain('Internal RL');
});
