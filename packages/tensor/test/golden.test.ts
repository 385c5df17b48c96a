/** Every golden vector through the public operations, by the kernels of both families. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import type { Device } from '../src/index.js';
import { requestDevice } from '../src/node.js';
import { Golden, vectors } from './golden-vectors.js';

const TOLERANCE = 2e-5;

const root = new URL('../../../kernels/golden/', import.meta.url);
const files = readdirSync(root, { recursive: true })
  .map(String)
  .filter((file) => file.endsWith('.safetensors') && !file.startsWith('trained'))
  .map((file) => file.replace(/\.safetensors$/, ''));
/** `odd/gru` and `more/pooling_odd` are of `gru` and `pooling`. */
const operationOf = (file: string): string => (file.split('/').at(-1) as string).replace(/_odd$/, '');

/** ‖out − ref‖ / ‖ref‖; NaN anywhere gives NaN, which no tolerance admits. */
function relativeError(out: ArrayLike<number>, ref: ArrayLike<number>): number {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < ref.length; i++) {
    difference += (out[i] - ref[i]) ** 2;
    norm += ref[i] ** 2;
  }
  return Math.sqrt(difference) / Math.max(Math.sqrt(norm), 1e-30);
}

const devices: Device[] = [];
const compared = new Map<string, { files: number; tensors: number }>();
afterAll(() => {
  for (const [family, counts] of compared)
    console.info(`golden vectors, ${family} family: ${counts.tensors} tensors of ${counts.files} files agree with PyTorch`);
  for (const device of devices) device.close();
});

/** Tests beside their operations or kernels that run vectors of their own, in both families. */
const beside = ['../src/ops/', '../../../kernels/src/']
  .map((folder) => new URL(folder, import.meta.url))
  .flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => new URL(String(name), folder)))
  .filter(({ pathname }) => pathname.endsWith('.test.ts'))
  .map((file) => readFileSync(file, 'utf8'))
  .filter((text) => ["'software'", "'gpu'", 'readGolden'].every((word) => text.includes(word)));
const here = files.filter((file) => operationOf(file) in vectors);

/** Whether a test names a vector, whole or as an operation and a variant such as `_groups`. */
function names(text: string, file: string): boolean {
  const name = file.replace(/^more\//, '');
  const [, operation, variant] = /^(.*)(_[a-z]+)$/.exec(name) ?? [];
  return text.includes(name) || (operation !== undefined && text.includes(operation) && text.includes(`'${variant}'`));
}

test('every vector is run, here or beside its operation', () => {
  const elsewhere = files.filter((file) => !here.includes(file));
  expect(elsewhere.filter((file) => !beside.some((text) => names(text, file)))).toEqual([]);
  console.info(`golden vectors: ${files.length} files, ${here.length} of them here, ${elsewhere.length} beside their operations`);
});

for (const family of ['software', 'gpu'] as const) {
  const device = requestDevice({ family });
  test.each(here)(`${family}: %s`, async (file) => {
    const ours = await device;
    if (!devices.includes(ours)) devices.push(ours);
    using _scope = ours.scope();
    const golden = new Golden(ours, file);
    const { computed, expected = {} } = await vectors[operationOf(file)](golden);
    const names = Object.keys(computed);
    const values = await ours.read(Object.values(computed));
    const errors = names.map((name, i) => [name, relativeError(values[i], expected[name] ?? golden.numbers(name))] as const);
    expect(errors.filter(([, error]) => !(error <= TOLERANCE))).toEqual([]);
    const counts = compared.get(family) ?? { files: 0, tensors: 0 };
    compared.set(family, { files: counts.files + 1, tensors: counts.tensors + names.length });
  });
}
