// Where the repository lies. One place says so, `repository` of the root's package.json; the packages' own fields are
// written from it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packages, root } from '../packages.mjs';

/** @returns {string | undefined} the address that people open, without `.git`; undefined while nobody has decided it */
export function address() {
  const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const url = typeof repository === 'object' ? repository.url : repository;
  return url?.replace(/^git\+/, '').replace(/\.git$/, '');
}

/**
 * What a package says of where it comes from.
 * @param {string} folder
 * @param {string} web the repository's address
 */
export function addressFields(folder, web) {
  const directory = relative(root, folder).replaceAll('\\', '/');
  return {
    homepage: `${web}/tree/main/${directory}#readme`,
    bugs: `${web}/issues`,
    repository: { type: 'git', url: `git+${web}.git`, directory },
  };
}

/** Writes the fields into the manifest of every package, where the address is known. */
export function writeAddresses() {
  const web = address();
  if (web === undefined) return;
  for (const { folder } of packages()) {
    const path = join(folder, 'package.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, `${JSON.stringify({ ...manifest, ...addressFields(folder, web) }, undefined, 2)}\n`);
  }
}
