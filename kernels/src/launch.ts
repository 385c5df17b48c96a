import type { AdapterTraits, BufferSlot, Constant, Kernel, Shape, UniformField } from './declaration.js';
import { fragments } from './fragments/index.js';

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

/** A kernel's own text in parts: what has to come first, what it imports, and the rest. */
interface Text {
  readonly directives: readonly string[];
  readonly imports: readonly string[];
  readonly body: string;
}

const DIRECTIVE = /^[ \t]*enable [^;]+;\n?/gm;
const IMPORT = /^[ \t]*import fragments::(?:(\w+)|\{([\w, ]+)\});\n?/gm;
const texts = new Map<string, Text>();

function textOf(source: string): Text {
  const known = texts.get(source);
  if (known) return known;
  const directives = (source.match(DIRECTIVE) ?? []).map((line) => line.trim());
  const imports = [...source.matchAll(IMPORT)].flatMap(([, single, several]) => single ?? several.split(',').map((name) => name.trim()));
  const text = { directives, imports, body: source.replace(DIRECTIVE, '').replace(IMPORT, '') };
  texts.set(source, text);
  return text;
}

/**
 * The WGSL declarations of what a kernel binds: its uniform struct, its buffers in order, the struct's variable behind
 * them.
 */
export function bindingLines({ buffers, uniforms }: Pick<Kernel, 'buffers' | 'uniforms'>): string[] {
  const struct = (fields: readonly UniformField[]): string[] => [
    'struct Uniforms {',
    ...fields.map(({ name, type }) => `  ${name}: ${type},`),
    '}',
  ];
  const variable = ({ name, access, element, as }: BufferSlot, binding: number): string =>
    `@group(0) @binding(${binding}) var<storage, ${access}> ${name}: array<${as ?? element}>;`;
  const bound = buffers.map(variable);
  if (uniforms.length === 0) return bound;
  return [...struct(uniforms), ...bound, `@group(0) @binding(${buffers.length}) var<uniform> uniforms: Uniforms;`];
}

/** Texts of the fragments that `imports` name, each once, behind those that it needs itself. */
function fragmentTexts(kernel: string, imports: readonly string[], theirs: Readonly<Record<string, string>>): Text[] {
  const found = new Map<string, Text>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    const source = theirs[name] ?? fragments[name];
    if (source === undefined)
      throw new RangeError(
        `${kernel} imports fragment "${name}"; there are ${[...Object.keys(fragments), ...Object.keys(theirs)].join(', ')}`,
      );
    const text = textOf(source);
    text.imports.forEach(visit);
    found.set(name, text);
  };
  for (const name of imports) visit(name);
  return [...found.values()];
}

/** What was put together before, by kernel and by what differs from launch to launch: a launch asks each time. */
const known = new WeakMap<object, Map<string, string>>();

/**
 * The text that is compiled, complete and readable: directives, the prelude of constants for this shape and adapter,
 * uniforms and bindings from the declaration, the fragments that the kernel imports by name, then its own text.
 * @throws RangeError for a fragment that there is not, or a constant that is none.
 */
export function specialise<S extends Shape>(kernel: Kernel<S>, shape: S, adapter: AdapterTraits): string {
  const constants = Object.entries(kernel.constants(shape, adapter)).map(([name, value]) => constantLine(name, value));
  const theirs = kernel.fragments?.(shape, adapter) ?? {};
  const key = [...constants, ...Object.values(theirs)].join('\n');
  const texts = known.get(kernel) ?? new Map<string, string>();
  known.set(kernel, texts);
  const before = texts.get(key);
  if (before !== undefined) return before;
  const { directives, imports, body } = textOf(kernel.source);
  const included = fragmentTexts(kernel.name, imports, theirs);
  const enabled = new Set([...directives, ...included.flatMap((text) => text.directives)]);
  const sections = [
    [...enabled].join('\n'),
    constants.join('\n'),
    bindingLines(kernel).join('\n'),
    ...included.map((fragment) => fragment.body),
    body,
  ];
  const text = `${sections
    .map((section) => section.trim())
    .filter(Boolean)
    .join('\n\n')}\n`;
  texts.set(key, text);
  return text;
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

/** A `GPUBindGroupLayoutEntry`, for compilers that know none. */
interface LayoutEntry {
  binding: number;
  visibility: number;
  buffer: { type: 'read-only-storage' | 'storage' | 'uniform' };
}

/** Bind group layout entries in declaration order: the buffers, then the uniform struct. */
export function bindGroupLayout(kernel: Pick<Kernel, 'buffers' | 'uniforms'>): LayoutEntry[] {
  const compute = 4; // GPUShaderStage.COMPUTE, which is not a global everywhere
  const entries: LayoutEntry[] = kernel.buffers.map((slot, binding) => ({
    binding,
    visibility: compute,
    buffer: { type: slot.access === 'read' ? 'read-only-storage' : 'storage' },
  }));
  if (kernel.uniforms.length > 0) entries.push({ binding: entries.length, visibility: compute, buffer: { type: 'uniform' } });
  return entries;
}
