/**
 * Every package, packed as it would be published, installs from its tarball into an empty project as its README says,
 * with npm and with pnpm, and runs and compiles every program of that README.
 */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { SourceMap, type SourceMapping } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { build, transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAll, pack, packages, root, run } from '../scripts/packages.mjs';
import { address, addressFields } from '../scripts/release/address.mjs';
import { strangersProject } from '../scripts/release/stranger.mjs';
import { bundle, findChromium, NO_CHROMIUM, withPage } from './browser/chromium.js';
import { installOf, type Snippet, snippetsOf } from './readme.js';
import { commandOf, runtimes } from './strangers/runtimes.js';
import { bytesOf, importsOn } from './strangers/sizes.js';
import { compilers, complaints } from './strangers/types.js';

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

/** Weights that a package brings, where a page beside whose folder they are served finds them. */
function weightsOf(installed: string): Record<string, { path: string }> {
  const all = readdirSync(installed, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.safetensors'));
  return Object.fromEntries(all.map((file) => [file, { path: join(installed, file) }]));
}

/** What runs of a snippet: itself as it stands, or, where it has types, without them. */
async function programOf({ text }: Snippet): Promise<string> {
  const typed = /^import type |\bsatisfies\b|^interface /m.test(text);
  return typed ? (await transform(text, { loader: 'ts', target: 'es2022' })).code : text;
}

describe.each(all)('$name', ({ name, folder: home }) => {
  const page = join(home, 'README.md');
  const snippets = snippetsOf(page);
  const programs = snippets.map((_, i) => `program-${i}.mjs`);
  let project = '';
  beforeAll(async () => {
    project = following(page, 'pnpm').folder;
    for (const [i, snippet] of snippets.entries()) writeFileSync(join(project, programs[i]), await programOf(snippet));
  });

  it('says what to install, and shows a program with what it prints', () => {
    expect(installOf(page, 'npm').names[0]).toBe(name);
    expect(snippets[0].prints).not.toBe('');
    // No Node that we support reads it.
    for (const { text } of snippets) expect(text).not.toMatch(/\busing \w+ =/);
  });

  it('installs with pnpm, runs and compiles outside the repository', () => {
    // pnpm lets a package see only what it declares, so a dependency that is not declared fails here.
    const compilerOptions = { strict: true, module: 'nodenext', target: 'es2022', noEmit: true, types: [] };
    const files = programs.map((program) => program.replace('.mjs', '.mts'));
    for (const [i, { text, prints, web }] of snippets.entries()) {
      writeFileSync(join(project, files[i]), text);
      if (!web) expect(run(process.execPath, [programs[i]], project).trim()).toBe(prints);
    }
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], project);
  });

  it.for(runtimes)('runs on %s', (runtime, { skip }) => {
    const [command, ...words] = commandOf(runtime) ?? skip(`${runtime} cannot be installed from npm here`);
    // Deno paints what it prints.
    const printed = (program: string) => stripVTControlCharacters(run(command, [...words, program], project)).trim();
    const runs = ({ web }: Snippet) => runtime === 'deno' || !web;
    expect(programs.filter((_, i) => runs(snippets[i])).map(printed)).toEqual(snippets.filter(runs).map(({ prints }) => prints));
  });

  it.runIf(snippets.some(({ web }) => web))('runs in a browser', async ({ skip }) => {
    const chromium = findChromium() ?? skip(NO_CHROMIUM);
    for (const [i, { prints }] of [...snippets.entries()].filter(([, { web }]) => web)) {
      // In a folder beside the package's own, as the package has its program.
      const files = {
        ...weightsOf(join(project, 'node_modules', name)),
        'dist/program.js': await bundle({ entryPoints: [join(project, programs[i])] }),
      };
      const printed = await withPage(chromium, files, async (page) => {
        const said: string[] = [];
        page.on('console', (message) => said.push(message.text()));
        await page.evaluate("import('./dist/program.js')");
        return said.join('\n');
      });
      expect(printed).toBe(prints);
    }
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
    const unpacked = mkdtempSync(join(folder, 'unpacked-'));
    run('tar', ['xf', tarballs.get(name) as string, '-C', unpacked], folder);
    const declarations = readdirSync(unpacked, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.d.ts'));
    expect(declarations.length).toBeGreaterThan(0);
    for (const file of declarations.map((path) => join(unpacked, path)).filter((path) => !path.includes('/src/'))) {
      const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
      const source = readFileSync(join(dirname(file), map.payload.sources[0]), 'utf8').split('\n');
      for (const [at, line] of readFileSync(file, 'utf8').split('\n').entries()) {
        const [declared, , word] = /^export (?:declare )?(class|function|interface) (\w+)/.exec(line) ?? [];
        if (!declared) continue;
        const { originalLine } = map.findEntry(at, line.indexOf(word, declared.length - word.length)) as SourceMapping;
        expect(source[originalLine], `${file}:${at + 1}`).toContain(word);
      }
    }
  });
});

describe('all packages together', () => {
  let project = '';
  beforeAll(() => {
    const together = strangersProject(folder, tarballs);
    together.install('pnpm', [...tarballs.keys()], ['webgpu']);
    project = together.folder;
  });

  const texts = all.flatMap(({ folder: home }) => snippetsOf(join(home, 'README.md'))).map(({ text }) => text);
  it.each(compilers)('compile under $compiler, with the DOM: $dom, with WebGPU’s types: $webgpu', (given) => {
    expect(complaints(project, texts, given)).toEqual([]);
  });

  const imports = importsOn(readFileSync(join(root, 'packages/tensor/README.md'), 'utf8'));
  it.each(imports)('cost whoever imports $name no more than their page says', async (one) => {
    const bytes = await bytesOf(one, project);
    expect(bytes).toBeLessThanOrEqual(1000 * one.most);
    // A page that says far too much says nothing.
    expect(bytes).toBeGreaterThan(600 * one.most);
  });

  it('cost whoever only reads safetensors less than 20 kB', () => {
    expect(imports.find(({ name }) => name === 'readSafetensors')?.most).toBeLessThanOrEqual(20);
  });

  it('name their errors whatever a minifier calls the classes', async () => {
    const contents = all.map(({ name }, i) => `import * as p${i} from '${name}';\nshow(p${i});`).join('\n');
    const show = `const show = (all) => { for (const [name, made] of Object.entries(all)) if (/Error$/.test(name))
      console.log(name, Reflect.construct(made, Array(6).fill(['a', 'b'])).name, made.name); };\n`;
    const outfile = join(project, 'minified.mjs');
    await build({
      stdin: { contents: show + contents, resolveDir: project },
      outfile,
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'node',
      external: ['webgpu', 'bullmq', 'ioredis'],
      logLevel: 'error',
      banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
    });
    const lines = run(process.execPath, [outfile], project)
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    expect(lines.length).toBeGreaterThan(30);
    expect(lines.filter(([name, said]) => name !== said)).toEqual([]);
    // So it was minified.
    expect(lines.filter(([name, , kept]) => name === kept)).toEqual([]);
  });
});

it.for(['node', ...runtimes] as const)('%s says what to install for a device where Dawn is not', (runtime, { skip }) => {
  const [command, ...words] =
    (runtime === 'node' ? [process.execPath] : commandOf(runtime)) ?? skip(`${runtime} cannot be installed from npm here`);
  const project = strangersProject(folder, tarballs);
  project.install('pnpm', ['@coxswain/tensor']);
  const asks = `import { requestDevice } from '@coxswain/tensor/node';
    requestDevice().catch(({ name, code, message }) => console.log(name, code, message));`;
  writeFileSync(join(project.folder, 'asks.mjs'), asks);
  expect(run(command, [...words, 'asks.mjs'], project.folder).trim()).toBe(
    'NoAdapterError no-adapter No usable WebGPU adapter (the package `webgpu` is not installed). ' +
      'Install it beside this one: `npm install webgpu`, with pnpm `pnpm add --allow-build=webgpu webgpu`.',
  );
});

it('brings models that the command plays with as they are installed', () => {
  const project = strangersProject(folder, tarballs);
  project.install('npm', ['coxswain']);
  const text = readFileSync(join(root, 'packages/models/README.md'), 'utf8');
  const [, words] = /^npx coxswain (skills .*)$/m.exec(text) as RegExpExecArray;
  const few = ['--set', 'skills.worlds=16', '--set', 'skills.batches=1'];
  expect(run(join(project.folder, 'node_modules/.bin/coxswain'), [...words.split(' '), ...few], project.folder)).toContain(
    'Done: runs/skills',
  );
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
