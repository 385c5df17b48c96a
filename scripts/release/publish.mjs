// `npm run release:publish`: publishes what `npm run release:version` has versioned, once it is committed.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, run } from '../packages.mjs';
import { address } from './address.mjs';

/** @param {string} why @param {string} remedy */
function refuse(why, remedy) {
  console.error(`Not published: ${why}. ${remedy}`);
  process.exit(1);
}

if (address() === undefined)
  refuse('nothing says where the repository lies', 'Give the root package.json a `repository`, then `npm run release:version`.');
if (run('git', ['status', '--porcelain'], root))
  refuse('files are not committed', 'Commit them first: what is published can then be made again.');
const changesets = [join(root, 'node_modules/@changesets/cli/bin.js'), 'publish'];
process.exit(spawnSync(process.execPath, changesets, { cwd: root, stdio: 'inherit' }).status ?? 1);
