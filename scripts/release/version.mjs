// `npm run release:version`: turns what .changeset/ says into versions and changelogs, and leaves a tree that passes
// the linter.
import { join } from 'node:path';
import { root, run } from '../packages.mjs';
import { writeAddresses } from './address.mjs';

run(process.execPath, [join(root, 'node_modules/@changesets/cli/bin.js'), 'version'], root);
writeAddresses();
run(process.execPath, [join(root, 'node_modules/@biomejs/biome/bin/biome'), 'format', '--write', '.'], root);
console.log('Versions and changelogs are written. Look at them, commit them, then: npm run release:publish');
