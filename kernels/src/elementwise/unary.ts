/** Kernels of the functions of one element, made from their rows. */
import {
  type AdapterTraits,
  type Constant,
  type Element,
  f32,
  type Kernel,
  read,
  specialConstants,
  stridedGrid,
  stridedWorkgroup,
  u32,
  written,
} from '../declaration.js';
import { CASTS, type CastName, type CastRow } from './casts.js';
import { FUNCTIONS, type FunctionName, type FunctionRow, functionRow } from './functions.js';
import type { Scalar } from './pairs.js';
import unarySource from './unary.wgsl';
import unaryBackwardSource from './unary-backward.wgsl';

export type UnaryShape = {
  /** Elements. */
  readonly count: number;
  /** The function's parameters, in order; 0 where it has none. */
  readonly a: number;
  readonly b: number;
};

/** How many elements are taken at once of a buffer that is walked from end to end. */
export const lanesOf = (count: number): number => (count % 4 === 0 ? 4 : 1);

/** A type of so many lanes. */
export const laned = (scalar: Scalar, lanes: number): Element | `vec4<${Scalar}>` => (lanes === 4 ? `vec4<${scalar}>` : scalar);

const parameterFields = ['a', 'b'] as const;

const imports = (names: readonly string[] = []): string => (names.length > 0 ? `import fragments::{${names.join(', ')}};\n` : '');
const parameterLines = ({ parameters = [] }: FunctionRow): string =>
  parameters.map(([parameter], i) => `  let ${parameter} = Value(uniforms.${parameterFields[i]});\n`).join('');

/** The fragment `function` of the row: a whole WGSL function. */
const forwardText = (row: FunctionRow): string =>
  `${imports(row.imports)}fn apply(x: Value) -> Value {\n${parameterLines(row)}  return ${row.value};\n}`;

function backwardText(row: FunctionRow): string {
  const { gradient } = row;
  const saved = /\by\b/.test(gradient) ? 'y' : 'x';
  return `${imports(row.imports)}fn gradient(g: Value, ${saved}: Value) -> Value {\n${parameterLines(row)}  return ${gradient};\n}`;
}

const constantsOf = (count: number, adapter: AdapterTraits, value: Scalar, result: Scalar): Record<string, Constant> => {
  const lanes = lanesOf(count);
  return {
    WORKGROUP: stridedWorkgroup(adapter),
    LANES: lanes,
    Value: laned(value, lanes),
    Result: laned(result, lanes),
    ...specialConstants(lanes === 4),
  };
};

/** What all of them are alike in. */
const walk = {
  uniforms: [...u32('count'), ...f32(...parameterFields)],
  grid: ({ count }: UnaryShape, adapter: AdapterTraits) => stridedGrid(count / lanesOf(count), adapter),
  sample: { count: 1000, a: 1, b: 2 },
};

const forwardOf = (name: string, row: FunctionRow): Kernel<UnaryShape> => ({
  ...walk,
  name: `elementwise/${name}`,
  source: unarySource,
  fragments: () => ({ function: forwardText(row) }),
  buffers: [read('x', 'f32', 'Value'), written('out', 'f32', 'Value')],
  lengths: ({ count }) => ({ x: count, out: count }),
  constants: ({ count }, adapter) => constantsOf(count, adapter, 'f32', 'f32'),
  cost: ({ count }) => ({ flops: count, bytes: 8 * count }),
});

const backwardOf = (name: string, row: FunctionRow): Kernel<UnaryShape> => ({
  ...walk,
  name: `elementwise/${name}-backward`,
  source: unaryBackwardSource,
  fragments: () => ({ function: backwardText(row) }),
  buffers: [read('saved', 'f32', 'Value'), read('dout', 'f32', 'Value'), written('dx', 'f32', 'Value')],
  lengths: ({ count }) => ({ saved: count, dout: count, dx: count }),
  constants: ({ count }, adapter) => constantsOf(count, adapter, 'f32', 'f32'),
  cost: ({ count }) => ({ flops: 3 * count, bytes: 12 * count }),
});

const castOf = (name: CastName, { from, to, imports: names, value }: CastRow): Kernel<UnaryShape> => ({
  ...walk,
  name: `elementwise/${name}`,
  source: unarySource,
  fragments: () => ({ function: `${imports(names)}fn apply(x: Value) -> Result {\n  return ${value};\n}` }),
  buffers: [read('x', from, 'Value'), written('out', to, 'Result')],
  lengths: ({ count }) => ({ x: count, out: count }),
  constants: ({ count }, adapter) => constantsOf(count, adapter, from, to),
  cost: ({ count }) => ({ flops: count, bytes: 8 * count }),
});

const each = <Name extends string, Made>(rows: Readonly<Record<Name, unknown>>, make: (name: Name) => Made): Record<Name, Made> =>
  Object.fromEntries((Object.keys(rows) as Name[]).map((name) => [name, make(name)])) as Record<Name, Made>;

/** `out[i] = f(x[i])`, by the function's name in `FUNCTIONS`. */
export const unary: Readonly<Record<FunctionName, Kernel<UnaryShape>>> = each(FUNCTIONS, (name) => forwardOf(name, functionRow(name)));

/** `dx[i] = dout[i] · f'`, overwriting dx. `saved` is what `gradientReads` says: f's input or its output. */
export const unaryBackward: Readonly<Record<FunctionName, Kernel<UnaryShape>>> = each(FUNCTIONS, (name) =>
  backwardOf(name, functionRow(name)),
);

/** The kernels of a function of one's own, from its row: as `unary` and `unaryBackward` have those of `FUNCTIONS`. */
export const functionKernels = (
  name: string,
  row: FunctionRow,
): { readonly forward: Kernel<UnaryShape>; readonly backward: Kernel<UnaryShape> } => ({
  forward: forwardOf(name, row),
  backward: backwardOf(name, row),
});

/** `out[i]` = x[i] in another dtype, or as another mask. */
export const casts: Readonly<Record<CastName, Kernel<UnaryShape>>> = each(CASTS, (name) => castOf(name, CASTS[name]));
