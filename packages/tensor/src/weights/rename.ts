/** The names of another program's state dict as those of our parameters. */
import { ArgumentError, CheckpointError } from '../errors.js';
import type { NamedNumbers } from '../safetensors/convert.js';

/**
 * What a tensor of a file is here: the parameter of this name, or with `transpose` that parameter once rows and columns
 * are exchanged; `null` for nothing, which leaves it out.
 */
export type Place = string | { readonly name: string; readonly transpose: true } | null;

/** From names in a file to parameters. What it says nothing of keeps its name. */
export type Renames = Readonly<Record<string, Place>> | ((name: string) => Place | undefined);

export type NamedWeights = ReadonlyMap<string, NamedNumbers>;

/**
 * A matrix [rows, columns] as [columns, rows]: a copy. `linear` has its weights as PyTorch's `nn.Linear` does,
 * [outputs, inputs]; this is for files that have [inputs, outputs].
 * @throws CheckpointError for anything but a matrix.
 */
export function transposed({ shape, data, dtype }: NamedNumbers, of = 'a tensor', what = 'transposed'): NamedNumbers {
  if (shape.length !== 2) throw new CheckpointError(what, `${of} of shape [${shape}]`, 'a matrix', 'Only matrices are transposed');
  const [rows, columns] = shape;
  const source = data as ArrayLike<number>;
  if (source.length !== rows * columns)
    throw new CheckpointError(what, `${source.length} numbers in ${of}`, `${rows * columns}`, 'Give as many numbers as its shape says');
  const target = new (data.constructor as new (length: number) => number[])(source.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) target[column * rows + row] = source[row * columns + column];
  return { shape: [columns, rows], data: target, ...(dtype && { dtype }) };
}

/** @param place what is said of `name`. */
function checked(name: string, place: unknown): Place | undefined {
  if (place === undefined || place === null || typeof place === 'string') return place;
  const { name: to, transpose } = place as { readonly name?: unknown; readonly transpose?: unknown };
  if (typeof to === 'string' && transpose === true) return { name: to, transpose };
  throw new ArgumentError('rename', `${JSON.stringify(place)} for "${name}"`, 'a name, { name, transpose: true } or null');
}

/**
 * Weights under the names of parameters.
 * @throws CheckpointError where two tensors would be one parameter, or a map names a tensor that is not there.
 */
export function renamed(weights: NamedWeights, renames: Renames, what: string): NamedWeights {
  const remedy = 'Correct `rename`';
  const say = typeof renames === 'function' ? renames : (name: string) => (Object.hasOwn(renames, name) ? renames[name] : undefined);
  if (typeof renames !== 'function')
    for (const name of Object.keys(renames))
      if (!weights.has(name))
        throw new CheckpointError(what, `no tensor "${name}", which \`rename\` names`, `one of ${[...weights.keys()].join(', ')}`, remedy);
  const from = new Map<string, string>();
  const out = new Map<string, NamedNumbers>();
  for (const [name, weight] of weights) {
    const place = checked(name, say(name));
    if (place === null) continue;
    const { name: to, transpose } = typeof place === 'object' ? place : { name: place ?? name, transpose: false };
    const other = from.get(to);
    if (other !== undefined) throw new CheckpointError(what, `"${other}" and "${name}" as "${to}"`, 'one tensor for a parameter', remedy);
    from.set(to, name);
    out.set(to, transpose ? transposed(weight, `tensor "${name}"`, what) : weight);
  }
  return out;
}
