// Projects outside the repository that install packed packages as anybody would.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../packages.mjs';

/**
 * An empty project in which the names of our packages mean their tarballs, wherever they are asked for.
 * @param {string} parent the folder that it is made in
 * @param {Map<string, string>} tarballs by name
 */
export function strangersProject(parent, tarballs) {
  const folder = mkdtempSync(join(parent, 'project-'));
  /** @param {string} name */
  const fileOf = (name) => `file:${tarballs.get(name)}`;
  const overrides = Object.fromEntries([...tarballs.keys()].map((name) => [name, fileOf(name)]));
  const manifest = { name: 'stranger', private: true, type: 'module' };
  // pnpm reads overrides from here, npm from package.json, where it wants none for what the project asks for itself.
  const lines = Object.entries(overrides).map(([name, file]) => `  ${JSON.stringify(name)}: ${JSON.stringify(file)}\n`);
  writeFileSync(join(folder, 'pnpm-workspace.yaml'), `overrides:\n${lines.join('')}`);
  return {
    folder,
    /**
     * What our READMEs say to install: packages, and those that pnpm has to be told may run their build scripts.
     * @param {'npm' | 'pnpm'} manager
     * @param {readonly string[]} names
     * @param {readonly string[]} builds
     * @returns {void} throws where the manager ends with anything but 0
     */
    install(manager, names, builds = []) {
      const others = Object.entries(overrides).filter(([name]) => !names.includes(name));
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, overrides: Object.fromEntries(others) }));
      const wanted = names.map((name) => (tarballs.has(name) ? fileOf(name) : name));
      if (manager === 'npm') run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...wanted], folder);
      else run('pnpm', ['add', '--prefer-offline', ...builds.map((name) => `--allow-build=${name}`), ...wanted], folder);
    },
    /** @returns {string[]} the names that the project now depends on */
    dependencies: () => Object.keys(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).dependencies ?? {}),
  };
}
