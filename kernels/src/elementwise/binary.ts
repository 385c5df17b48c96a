/** Kernels of the functions of several elements, made from their rows. */
import {
  type AdapterTraits,
  type Constant,
  type Kernel,
  read,
  type Shape,
  specialConstants,
  stridedGrid,
  stridedWorkgroup,
  u32,
  written,
} from '../declaration.js';
import { type OperandFields, rowGroups, takesFours } from './broadcast.js';
import source from './broadcast.wgsl';
import { type ElementsOf, PAIRS, type PairName, type Scalar } from './pairs.js';
import { laned, lanesOf } from './unary.js';

const AXES = [0, 1, 2, 3] as const;
/** By which type the text knows an operand: `Value`, or `Mask`, u32 whatever `Value` is. */
interface Operand {
  readonly name: string;
  readonly as: 'Value' | 'Mask';
}

interface Description {
  readonly name: string;
  readonly operands: readonly Operand[];
  readonly element: Scalar;
  readonly result: 'Value' | 'Mask';
  readonly imports?: readonly string[];
  /** WGSL of the function of the operands. */
  readonly text: string;
}

const sizes = (s: Shape): number[] => AXES.map((axis) => s[`n${axis}`]);
const strides = (s: Shape, operand: string): number[] => AXES.map((axis) => s[`${operand}${axis}`]);
const elements = (s: Shape): number => sizes(s).reduce((product, n) => product * n, 1);
const rowsOf = (s: Shape): number => s.n0 * s.n1 * s.n2;
/** Elements that an operand has. */
const reads = (s: Shape, operand: string): number =>
  strides(s, operand).reduce((product, stride, axis) => (stride === 0 ? product : product * sizes(s)[axis]), 1);
/** One past the last element of an operand that is looked at. */
const extent = (s: Shape, operand: string): number =>
  elements(s) === 0 ? 0 : strides(s, operand).reduce((last, stride, axis) => last + stride * (sizes(s)[axis] - 1), 1);

/** The fragment `operands`: the function, and its value where all operands lie alike or each by strides of its own. */
function operandsText({ operands, result, imports = [], text }: Description): string {
  const parameters = operands.map(({ name, as }) => `${name}: ${as}`).join(', ');
  const strided = operands.map(
    ({ name }) => `    ${name}[(i0 * uniforms.${name}0 + i1 * uniforms.${name}1 + i2 * uniforms.${name}2) / LANES + columns.${name}],`,
  );
  return [
    ...(imports.length > 0 ? [`import fragments::{${imports.join(', ')}};`] : []),
    `fn apply(${parameters}) -> ${result} {`,
    `  return ${text};`,
    '}',
    `fn plain(i: u32) -> ${result} {`,
    `  return apply(${operands.map(({ name }) => `${name}[i]`).join(', ')});`,
    '}',
    // What does not change from row to row.
    'struct Columns {',
    ...operands.map(({ name }) => `  ${name}: u32,`),
    '}',
    'fn columnsAt(column: u32) -> Columns {',
    `  return Columns(${operands.map(({ name }) => `column * uniforms.${name}3`).join(', ')});`,
    '}',
    `fn element(i0: u32, i1: u32, i2: u32, columns: Columns) -> ${result} {`,
    '  return apply(',
    ...strided,
    '  );',
    '}',
  ].join('\n');
}

/** A kernel over all elements of the operands with numpy's broadcasting; `operandFields` makes its shape. */
function broadcastKernel<Names extends string>(description: Description): Kernel<OperandFields<Names>> {
  const { name, operands, element, result } = description;
  const scalarOf = (as: 'Value' | 'Mask'): Scalar => (as === 'Mask' ? 'u32' : element);
  const isPlain = (s: Shape): boolean => rowsOf(s) === 1 && operands.every((operand) => s[`${operand.name}3`] === 1);
  const lanes = (s: Shape): number => {
    if (isPlain(s)) return lanesOf(s.n3);
    const outer = operands.flatMap((operand) => strides(s, operand.name).slice(0, 3));
    return operands.every((operand) => s[`${operand.name}3`] === 1) && takesFours(s.n3, ...outer) ? 4 : 1;
  };
  const groups = (s: Shape, adapter: AdapterTraits) => rowGroups(s.n3 / lanes(s), rowsOf(s), adapter);
  const kernel: Kernel<Shape> = {
    name,
    source,
    fragments: () => ({ operands: operandsText(description) }),
    buffers: [...operands.map((operand) => read(operand.name, scalarOf(operand.as), operand.as)), written('out', scalarOf(result), result)],
    lengths: (s) => ({ ...Object.fromEntries(operands.map((operand) => [operand.name, extent(s, operand.name)])), out: elements(s) }),
    uniforms: u32(...['n', ...operands.map((operand) => operand.name)].flatMap((field) => AXES.map((axis) => `${field}${axis}`))),
    constants: (s, adapter): Record<string, Constant> => ({
      WORKGROUP: isPlain(s) ? stridedWorkgroup(adapter) : groups(s, adapter).workgroup,
      BROADCAST: !isPlain(s),
      LANES: lanes(s),
      Value: laned(element, lanes(s)),
      Mask: laned('u32', lanes(s)),
      ...specialConstants(lanes(s) === 4),
    }),
    grid: (s, adapter) => (isPlain(s) ? stridedGrid(s.n3 / lanes(s), adapter) : groups(s, adapter).grid),
    cost: (s) => ({
      flops: elements(s),
      bytes: 4 * operands.reduce((sum, operand) => sum + reads(s, operand.name), elements(s)),
    }),
    sample: Object.fromEntries([
      ...Object.entries({ n0: 1, n1: 1, n2: 100, n3: 64 }),
      ...operands.flatMap((operand, i) => AXES.map((axis) => [`${operand.name}${axis}`, [0, 0, i === 1 ? 0 : 64, 1][axis]])),
    ]),
  };
  return kernel as unknown as Kernel<OperandFields<Names>>;
}

export type BinaryKernel = Kernel<OperandFields<'a' | 'b'>>;

const pairNames = Object.keys(PAIRS) as PairName[];
const both: readonly Operand[] = [
  { name: 'a', as: 'Value' },
  { name: 'b', as: 'Value' },
];

function pairKernel(name: PairName, element: Scalar): BinaryKernel {
  const { value, mask, imports } = PAIRS[name];
  return broadcastKernel({
    name: `elementwise/${name}${element === PAIRS[name].elements[0] ? '' : `-${element}`}`,
    ...{ operands: both, element, imports },
    result: mask ? 'Mask' : 'Value',
    text: mask ? `select(Mask(0), Mask(1), ${value})` : value,
  });
}

/** `out = f(a, b)` with numpy's broadcasting, by the function's name in `PAIRS` and the dtype of what it takes. */
export const binary: { readonly [Name in PairName]: Readonly<Record<ElementsOf<Name>, BinaryKernel>> } = Object.fromEntries(
  pairNames.map((name) => [name, Object.fromEntries(PAIRS[name].elements.map((element) => [element, pairKernel(name, element)]))]),
) as never;

/**
 * A gradient of a function of two elements: its kernel, and which of `g` (the gradient behind it), `a` and `b` it
 * reads.
 */
export interface PairGradient {
  readonly reads: readonly ('g' | 'a' | 'b')[];
  readonly kernel: Kernel<OperandFields<'g' | 'a' | 'b'>>;
}

function pairGradient(name: PairName, toward: 'a' | 'b', text: string): PairGradient {
  const reads = (['g', 'a', 'b'] as const).filter((operand) => new RegExp(`\\b${operand}\\b`).test(text));
  const operands = reads.map((operand): Operand => ({ name: operand, as: 'Value' }));
  return {
    reads,
    kernel: broadcastKernel({ name: `elementwise/${name}-toward-${toward}`, operands, element: 'f32', result: 'Value', text }),
  };
}

/** Gradients of the functions of two elements for `a` and for `b`, before any sum over what was broadcast. */
export const binaryBackward: Readonly<Partial<Record<PairName, readonly [PairGradient, PairGradient]>>> = Object.fromEntries(
  pairNames.flatMap((name) => {
    const { gradients } = PAIRS[name];
    return gradients ? [[name, [pairGradient(name, 'a', gradients[0]), pairGradient(name, 'b', gradients[1])]]] : [];
  }),
);

const choice: readonly Operand[] = [{ name: 'condition', as: 'Mask' }, ...both];
const whereKernel = (element: Scalar): Kernel<OperandFields<'condition' | 'a' | 'b'>> =>
  broadcastKernel({
    ...{ name: `elementwise/where-${element}`, operands: choice, element, result: 'Value' },
    text: 'select(b, a, condition != Mask(0))',
  });

/**
 * `out` = a where the mask `condition` is not 0, else b, with numpy's broadcasting of all three; by the dtype of a and
 * b.
 */
export const where = { f32: whereKernel('f32'), i32: whereKernel('i32'), u32: whereKernel('u32') } as const;
