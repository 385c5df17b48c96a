/**
 * What a kernel is, as data: its WGSL text, the buffers and uniform fields it binds, the constants it is specialised
 * with, the grid it is launched on and what it costs. Everything that launches, tests or measures a kernel reads this.
 */

/** How the kernel touches a buffer. WebGPU forbids binding one buffer as both in a single dispatch. */
export type Access = 'read' | 'read_write';

/** What a buffer holds: numbers of 4 bytes, or f16 two to a word; `vec…` where the kernel loads several at a time. */
export type Element = 'f32' | 'u32' | 'i32' | 'vec2<f32>' | 'vec2<u32>' | 'vec4<f32>' | 'vec4<u32>' | 'vec4<f16>';

/** One storage buffer; its `@binding` is its place in `Kernel.buffers`. Its declaration in WGSL is generated. */
export interface BufferSlot {
  readonly name: string;
  readonly access: Access;
  readonly element: Element;
  /** The type by which the text calls its elements, where that is an alias of the prelude such as `Value`. */
  readonly as?: string;
}

/** A buffer that a kernel reads. */
export const read = (name: string, element: Element = 'f32', as?: string): BufferSlot => ({ name, access: 'read', element, as });
/** A buffer that a kernel writes, or reads and writes. */
export const written = (name: string, element: Element = 'f32', as?: string): BufferSlot => ({ name, access: 'read_write', element, as });

/** One 4-byte field of the uniform struct. The struct's `@binding` follows the last buffer. */
export interface UniformField {
  readonly name: string;
  readonly type: 'u32' | 'i32' | 'f32';
}

/** Uniform fields of whole numbers. */
export const u32 = (...names: string[]): UniformField[] => names.map((name) => ({ name, type: 'u32' }));
/** Uniform fields of floating-point numbers. */
export const f32 = (...names: string[]): UniformField[] => names.map((name) => ({ name, type: 'f32' }));

/**
 * Which family of kernel variants an adapter wants. On a *software* adapter (lavapipe, WARP, SwiftShader) invocations
 * are SIMD lanes of a CPU: a barrier splits the kernel and costs about 20×, a large register tile per invocation wins.
 */
export type Family = 'gpu' | 'software';

export interface AdapterTraits {
  readonly family: Family;
  /** `shader-f16` is enabled. */
  readonly f16: boolean;
  /** Subgroup size range, where the `subgroups` feature is enabled. */
  readonly subgroups?: { readonly min: number; readonly max: number };
  /** Workgroups that a software adapter runs at a time, where that is known. */
  readonly threads?: number;
  /**
   * Sizes of a product that a subgroup's matrix units do at once, [m, k] · [k, n] in f16 with sums in f32, where that
   * feature is enabled.
   */
  readonly subgroupMatrix?: MatrixSizes;
}

export interface MatrixSizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** A configuration as `GPUAdapterInfo.subgroupMatrixConfigs` lists it. */
export interface MatrixConfiguration {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly componentType: string;
  readonly resultComponentType: string;
}

/** The largest of an adapter's configurations that multiplies f16 and sums in f32, if any. */
export function halfMatrix(configurations: Iterable<MatrixConfiguration> = []): MatrixSizes | undefined {
  const fitting = [...configurations].filter((one) => one.componentType === 'f16' && one.resultComponentType === 'f32');
  const [best] = fitting.sort((x, y) => y.M * y.N * y.K - x.M * x.N * x.K);
  return best && { m: best.M, n: best.N, k: best.K };
}

/** Workgroups along x, y and z. */
export type Grid = readonly [number, number, number];

/** Floating-point operations and bytes that must move at least once (reads and writes of every buffer). */
export interface Cost {
  readonly flops: number;
  readonly bytes: number;
}

/**
 * A constant of the prelude. A string `alias …` right-hand side is for types: `{ Real: 'f32' }` becomes
 * `alias Real = f32;`; numbers become `const NAME: u32 = …u;`, or f32 where `{ f32: value }` is given; booleans `bool`.
 */
export type Constant = number | boolean | string | { readonly f32: number };

/** Sizes and scalars of one launch. Every uniform field of the kernel is a member by the same name. */
export type Shape = { readonly [field: string]: number };

export interface Kernel<S extends Shape = Shape> {
  /** `operation/pass`, also the label of its pipelines and errors. */
  readonly name: string;
  /**
   * WGSL text, complete but for what `specialise` puts before it: constants, uniforms and bindings, and the fragments
   * that it names (`import fragments::{index, special};`). The entry point is `main`.
   */
  readonly source: string;
  /**
   * Fragments of the kernel's own by name, beside those of `fragments`: what differs from one shape or operation to
   * another.
   */
  fragments?(shape: S, adapter: AdapterTraits): Readonly<Record<string, string>>;
  readonly buffers: readonly BufferSlot[];
  readonly uniforms: readonly UniformField[];
  /**
   * Numbers that each buffer has to hold at least, counted in scalars (f16: in halves). Absent ones are not checked.
   */
  lengths?(shape: S, adapter: AdapterTraits): Readonly<Record<string, number>>;
  /** Constants put before the text. Few distinct values: each set compiles its own pipeline. */
  constants(shape: S, adapter: AdapterTraits): Readonly<Record<string, Constant>>;
  grid(shape: S, adapter: AdapterTraits): Grid;
  cost(shape: S): Cost;
  /** One realistic shape: tests hold the text against the declaration with it, benchmarks start from it. */
  readonly sample: S;
}

/** Whether a value, such as an export of this package, is a kernel. */
const isKernel = (value: unknown): value is Kernel =>
  typeof value === 'object' && value !== null && 'source' in value && 'buffers' in value && 'grid' in value;

/** All kernels among the exports of a module, those in tables by name included. */
export function kernelsOf(exports: object): Kernel[] {
  return (Object.values(exports) as unknown[]).flatMap((value) => {
    if (isKernel(value)) return [value];
    const isTable =
      Array.isArray(value) || (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype);
    return isTable ? kernelsOf(value) : [];
  });
}

/** All kernels among exports such as this package's, those in records of kernels included, each once. */
export function kernelsIn(exports: object): Kernel[] {
  const found = new Set<Kernel>();
  const visit = (value: unknown): void => {
    if (isKernel(value)) found.add(value);
    else if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
      Object.values(value).forEach(visit);
  };
  Object.values(exports).forEach(visit);
  return [...found];
}

/** WebGPU's guaranteed limit of workgroups per axis. */
export const MAX_WORKGROUPS_PER_AXIS = 65535;

/**
 * Folds `count` invocations of `workgroupSize` into a grid no longer than the per-axis limit. The kernel finds its
 * index as `(workgroup_id.y * num_workgroups.x + workgroup_id.x) * workgroupSize + local_invocation_index` and
 * returns when it is past the end.
 */
export function linearGrid(count: number, workgroupSize: number): Grid {
  const groups = Math.max(1, Math.ceil(count / workgroupSize));
  const x = Math.min(groups, MAX_WORKGROUPS_PER_AXIS);
  return [x, Math.ceil(groups / x), 1];
}

/** Invocations per workgroup of a kernel launched on `stridedGrid`: one SIMD group of a CPU, two or one of a GPU. */
export const stridedWorkgroup = ({ family }: AdapterTraits): number => (family === 'software' ? 8 : 64);

/**
 * Grid for a kernel that walks `items` in strides of all its invocations together:
 * `for (var i = index; i < items; i += groups.x * groups.y * WORKGROUP)`. A GPU gets an invocation for each item. On a
 * software adapter starting a workgroup costs as much as hundreds of elements, so a few of them loop: relu of 2²⁰
 * elements on 2 cores with lavapipe takes 27 ms one element an invocation, 4.6 ms so, 1.7 ms so with vec4.
 * @param perGroup items that are worth a workgroup of a CPU; fewer where each is much work.
 */
export function stridedGrid(items: number, adapter: AdapterTraits, perGroup = 512): Grid {
  const workgroup = stridedWorkgroup(adapter);
  if (adapter.family === 'gpu') return linearGrid(items, workgroup);
  return [Math.max(1, Math.min(64, Math.ceil(items / perGroup))), 1, 1];
}

/**
 * Constants of a kernel that can take its f32 elements four at a time: `Value` and how many elements it holds. Fours
 * need a count that they divide.
 */
export const valueConstants = (fours: boolean): { readonly Value: string; readonly LANES: number } =>
  fours ? { Value: 'vec4<f32>', LANES: 4 } : { Value: 'f32', LANES: 1 };

/** Aliases by which `fragments::special` knows the kernel's `Value`. */
export const specialConstants = (fours: boolean): { readonly Bits: string; readonly Truth: string } =>
  fours ? { Bits: 'vec4<u32>', Truth: 'vec4<bool>' } : { Bits: 'u32', Truth: 'bool' };
