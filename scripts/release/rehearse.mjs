// `npm run release:rehearse`: a whole release of what is committed, but for the publishing. A clean clone is
// versioned, held against the linter and packed; what was packed is installed with npm and pnpm, and run.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packages, root, run } from '../packages.mjs';
import { strangersProject } from './stranger.mjs';

/** A change of the smallest size, so that there is a version to be had right after a release too. */
const CHANGESET = "---\n'@coxswain/base': patch\n---\n\nA rehearsal of a release.\n";

/**
 * @param {string} folder an empty one, for the clone and what comes of it
 * @param {(line: string) => void} say
 * @returns {{ clone: string, version: string, tarballs: Map<string, string> }} one version for all packages, and each
 * package's tarball; throws with what was printed where a step fails
 */
export function packFromClone(folder, say) {
  const clone = join(folder, 'clone');
  const tarballs = join(folder, 'tarballs');
  mkdirSync(tarballs);
  say('cloning what is committed');
  run('git', ['clone', '--quiet', root, clone], folder);
  say('installing what the lock file names');
  run('pnpm', ['install', '--frozen-lockfile', '--prefer-offline'], clone);
  say('writing versions and changelogs');
  writeFileSync(join(clone, '.changeset/rehearsal.md'), CHANGESET);
  run('npm', ['run', '--silent', 'release:version'], clone);
  say('holding the result against the linter');
  run('npm', ['run', '--silent', 'lint'], clone);
  say('packing');
  const all = packages(clone);
  // The command needs all others, so that packing it first builds them side by side.
  const order = all.toSorted((a, b) => b.dependencies.length - a.dependencies.length);
  const packed = order.map(({ name, folder: home }) => {
    // As it is in a clean clone, where nobody has built it on the way to another.
    rmSync(join(home, 'dist'), { recursive: true, force: true });
    const answer = run('pnpm', ['pack', '--json', '--pack-destination', tarballs], home);
    return /** @type {const} */ ([name, JSON.parse(answer.slice(answer.indexOf('{'))).filename]);
  });
  const versions = new Set(all.map(({ folder: home }) => JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')).version));
  if (versions.size !== 1) throw new Error(`packages have the versions ${[...versions].join(', ')}, expected one for all`);
  return { clone, version: [...versions][0], tarballs: new Map(packed) };
}

/**
 * Installs the packed command and runs it.
 * @param {'npm' | 'pnpm'} manager
 * @param {Map<string, string>} tarballs
 * @param {string} folder where the project is made
 * @returns {{ version: string, adapter: string }} what the installed command says of itself and of the machine
 */
export function runInstalled(manager, tarballs, folder) {
  const project = strangersProject(folder, tarballs);
  project.install(manager, ['coxswain'], ['webgpu']);
  const command = join(project.folder, 'node_modules/.bin/coxswain');
  return { version: run(command, ['--version'], project.folder).trim(), adapter: run(command, ['adapter'], project.folder) };
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (run('git', ['status', '--porcelain'], root))
    console.log('Files here are not committed: the rehearsal is of the last commit, without them.');
  const folder = mkdtempSync(join(tmpdir(), 'coxswain-release-'));
  try {
    const { version, tarballs } = packFromClone(folder, console.log);
    for (const manager of /** @type {const} */ (['npm', 'pnpm'])) {
      console.log(`installing with ${manager}, and running`);
      const said = runInstalled(manager, tarballs, folder);
      if (said.version !== version) throw new Error(`coxswain --version says ${said.version}, expected ${version}`);
    }
    console.log(`${tarballs.size} packages of version ${version} could be released.`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
