/** What a command loads before it knows what it is asked for. */
import { resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { expect, it } from 'vitest';

/** Leaves imports of others' packages as they are: those of this repository are followed. */
const othersApart: Plugin = {
  name: 'others-apart',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^[^.]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@coxswain/') ? undefined : { path, external: true },
    ),
};

it('draws, compiles, reads YAML and asks Redis with what it loads only then', async () => {
  const { metafile } = await build({
    absWorkingDir: resolve(import.meta.dirname, '..'),
    entryPoints: ['src/cli.ts'],
    outdir: 'dist',
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    // Node loads whatever a module names, used or not.
    treeShaking: false,
    ignoreAnnotations: true,
    plugins: [othersApart],
    platform: 'node',
    format: 'esm',
    conditions: ['source'],
    loader: { '.wgsl': 'text' },
  });
  const { outputs } = metafile;
  const entry = Object.keys(outputs).find((path) => outputs[path].entryPoint === 'src/cli.ts') as string;
  const atStart = new Set<string>();
  const packages = (path: string): string[] =>
    outputs[path].imports.flatMap(({ path: imported, kind, external }) => {
      if (kind !== 'import-statement') return [];
      if (external) return [imported];
      if (atStart.has(imported)) return [];
      atStart.add(imported);
      return packages(imported);
    });
  const loaded = packages(entry);
  expect(loaded).toContain('@commander-js/extra-typings');
  const everything = Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  for (const late of ['@observablehq/plot', 'linkedom', 'yaml', 'jiti', 'bullmq', 'ioredis']) {
    const ofPackage = (path: string): boolean => path === late || path.startsWith(`${late}/`);
    expect(everything.filter(ofPackage), late).not.toEqual([]);
    expect(loaded.filter(ofPackage)).toEqual([]);
  }
});
