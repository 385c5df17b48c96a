/** Every golden vector through the public operations, by the kernels of both families. */
import { afterAll, expect, test } from 'vitest';
import type { Device } from '../src/index.js';
import { requestDevice } from '../src/node.js';
import { Golden, goldenFiles, operationOf, vectors } from './golden-vectors.js';

const TOLERANCE = 2e-5;

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

const here = goldenFiles.filter((file) => operationOf(file) in vectors);

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
