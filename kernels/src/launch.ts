import type { AdapterTraits, Constant, Kernel, Shape } from './declaration.js';

function constantLine(name: string, value: Constant): string {
  if (typeof value === 'string') return `alias ${name} = ${value};`;
  if (typeof value === 'boolean') return `const ${name}: bool = ${value};`;
  if (typeof value === 'object') {
    const text = String(value.f32);
    return `const ${name}: f32 = ${/[.e]/.test(text) ? text : `${text}.0`};`;
  }
  if (!Number.isInteger(value) || value < 0) throw new RangeError(`constant ${name} must be a non-negative integer, got ${value}`);
  return `const ${name}: u32 = ${value}u;`;
}

/**
 * The text that is compiled: the prelude of constants for this shape and adapter, then the kernel's own text. Lines
 * `enable …;` of the text come before everything, as WGSL wants them.
 */
export function specialise<S extends Shape>(kernel: Kernel<S>, shape: S, adapter: AdapterTraits): string {
  const lines = Object.entries(kernel.constants(shape, adapter)).map(([name, value]) => constantLine(name, value));
  const directives = kernel.source.match(/^enable [^;]+;$/gm) ?? [];
  const text = kernel.source.replace(/^enable [^;]+;$/gm, '');
  return [...directives, ...lines, text].join('\n');
}

/**
 * The uniform struct's bytes: each field four bytes, in order, padded to a multiple of 16.
 * @returns null where the kernel has no uniforms.
 */
export function packUniforms<S extends Shape>(kernel: Kernel<S>, shape: S): ArrayBuffer | null {
  if (kernel.uniforms.length === 0) return null;
  const bytes = new ArrayBuffer(Math.ceil((kernel.uniforms.length * 4) / 16) * 16);
  const view = new DataView(bytes);
  kernel.uniforms.forEach(({ name, type }, i) => {
    const value = shape[name];
    if (value === undefined || Number.isNaN(value))
      throw new TypeError(`${kernel.name}: uniform "${name}" is ${value}, expected a ${type}`);
    if (type === 'f32') view.setFloat32(i * 4, value, true);
    else if (type === 'i32') view.setInt32(i * 4, value, true);
    else view.setUint32(i * 4, value, true);
  });
  return bytes;
}

/** Bind group layout entries in declaration order: the buffers, then the uniform struct. */
export function bindGroupLayout(kernel: Pick<Kernel, 'buffers' | 'uniforms'>): GPUBindGroupLayoutEntry[] {
  const compute = 4; // GPUShaderStage.COMPUTE, which is not a global everywhere
  const entries: GPUBindGroupLayoutEntry[] = kernel.buffers.map((slot, binding) => ({
    binding,
    visibility: compute,
    buffer: { type: slot.access === 'read' ? 'read-only-storage' : 'storage' },
  }));
  if (kernel.uniforms.length > 0) entries.push({ binding: entries.length, visibility: compute, buffer: { type: 'uniform' } });
  return entries;
}
