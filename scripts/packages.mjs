// The packages of this repository, built and packed as they would be published.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * @typedef {object} Package
 * @property {string} name
 * @property {string} folder
 * @property {string[]} dependencies names of the packages of this repository that it needs, in no order
 */

/**
 * @param {string} checkout the repository, or another clone of it
 * @returns {Package[]} every published package
 */
export function packages(checkout = root) {
  const folders = ['kernels', ...readdirSync(join(checkout, 'packages')).map((name) => `packages/${name}`)];
  return folders.map((name) => {
    const folder = join(checkout, name);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const dependencies = Object.keys(manifest.dependencies ?? {}).filter((dependency) => /^(@coxswain\/.*|coxswain)$/.test(dependency));
    return { name: manifest.name, folder, dependencies };
  });
}

/** Builds every package; what has not changed since the last build is taken from turbo's cache. */
export function buildAll() {
  run(process.execPath, [join(root, 'node_modules/turbo/bin/turbo'), 'run', 'build', '--output-logs=errors-only'], root);
}

/**
 * Packs a package that was built before into `destination`.
 * @param {Package} built
 * @param {string} destination
 * @returns {string} the tarball's path
 */
export function pack(built, destination) {
  const answer = JSON.parse(
    run('pnpm', ['pack', '--json', '--config.ignore-scripts=true', '--pack-destination', destination], built.folder),
  );
  return answer.filename;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 * @returns {string} what it printed; throws with it when it fails
 */
export function run(command, args, cwd) {
  // A shell, because pnpm and npm are scripts on Windows; words are quoted for it, as folders may hold spaces.
  const line = [command, ...args].map((word) => (/^[\w@./:=-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
  const { status, stdout, stderr } = spawnSync(line, {
    cwd,
    shell: true,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
  });
  if (status !== 0) throw new Error(`\`${line}\` in ${cwd} failed:\n${stdout}${stderr}`);
  return stdout;
}
