/** That no golden vector lies unused: the sources of the tests are read for their names. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { goldenFiles, operationOf, vectors } from './golden-vectors.js';

/** Tests beside their operations, kernels or models that run vectors of their own, in both families. */
const beside = ['../src/ops/', '../../../kernels/src/', '../../transformer/src/']
  .map((folder) => new URL(folder, import.meta.url))
  .flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => new URL(String(name), folder)))
  .filter(({ pathname }) => pathname.endsWith('.test.ts'))
  .map((file) => readFileSync(file, 'utf8'))
  .filter((text) => ["'software'", "'gpu'", 'readGolden'].every((word) => text.includes(word)));
/** Whether a test names a vector, whole or as an operation and a variant such as `_groups`. */
function names(text: string, file: string): boolean {
  const name = file.replace(/^more\//, '');
  const [, operation, variant] = /^(.*)(_[a-z]+)$/.exec(name) ?? [];
  return text.includes(name) || (operation !== undefined && text.includes(operation) && text.includes(`'${variant}'`));
}

test('every vector is run, here or beside its operation or model', () => {
  const elsewhere = goldenFiles.filter((file) => !(operationOf(file) in vectors));
  expect(elsewhere.filter((file) => !beside.some((text) => names(text, file)))).toEqual([]);
  console.info(`golden vectors: ${goldenFiles.length} files, ${elsewhere.length} of them beside their operations`);
});
