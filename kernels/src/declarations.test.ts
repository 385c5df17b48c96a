/** Parses every shader and holds it against its declaration. */
import { expect, test } from 'vitest';
import { WgslReflect } from 'wgsl_reflect';
import { type AdapterTraits, kernelsOf } from './declaration.js';
import * as room from './index.js';
import { specialise } from './launch.js';

const kernels = kernelsOf(room);
/** The parser knows no matrices of subgroups: to it they are numbers. */
const withoutMatrices = (text: string): string =>
  text.replace(/= subgroup_matrix_\w+<[^>]*>;/g, '= f32;').replace(/(subgroupMatrix\w+)<[^>]*>/g, '$1');

const adapters: AdapterTraits[] = [
  { family: 'software', f16: false },
  { family: 'gpu', f16: false },
];

test('names are unique', () => {
  expect(new Set(kernels.map((k) => k.name)).size).toBe(kernels.length);
});

for (const kernel of kernels) {
  for (const adapter of adapters) {
    test(`${kernel.name} on ${adapter.family}: text and declaration agree`, () => {
      const reflect = new WgslReflect(withoutMatrices(specialise(kernel, kernel.sample, adapter)));
      expect(reflect.entry.compute.map((entry) => entry.name)).toEqual(['main']);
      const storage = reflect.storage.slice().sort((a, b) => a.binding - b.binding);
      expect(storage.map((v) => ({ name: v.name, binding: v.binding, access: v.access || 'read' }))).toEqual(
        kernel.buffers.map((slot, binding) => ({ name: slot.name, binding, access: slot.access })),
      );
      const fields = reflect.uniforms.flatMap((v) => {
        expect(v.binding).toBe(kernel.buffers.length);
        return v.members ?? [];
      });
      expect(fields.map((member) => ({ name: member.name, type: member.type.name }))).toEqual(
        kernel.uniforms.map(({ name, type }) => ({ name, type })),
      );
      const { flops, bytes } = kernel.cost(kernel.sample);
      expect(flops).toBeGreaterThanOrEqual(0);
      expect(bytes).toBeGreaterThan(0);
      for (const groups of kernel.grid(kernel.sample, adapter)) expect(groups).toBeGreaterThanOrEqual(1);
    });
  }
}
