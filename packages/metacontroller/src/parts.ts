/** What the file of a trained controller holds: its parameters and, under other names, what belongs to them. */
import { CheckpointError, type NamedNumbers, type ParameterStore, type SafeTensor, weightsOf } from '@coxswain/tensor';

/** Mean and standard deviation [latent] of the codes where switches open: what RL starts from. */
export interface CodeStatistics {
  readonly mean: Float32Array;
  readonly std: Float32Array;
}

/** Names beside the parameters. */
const [CODE_MEAN, CODE_STD] = ['codes.mean', 'codes.std'];
/** Parameters of a base that learned along: `base.lnf.weight`. */
const BASE = 'base.';
/** Those of finished controllers that say what it was shown: `stages.1.gru.weight_ih_l0`. */
export const STAGES = 'stages.';

export interface ControllerParts<T extends NamedNumbers = NamedNumbers> {
  /** The controller's own parameters. */
  readonly own: Map<string, T>;
  /** Those of its base, where it learned along; by the base's names. */
  readonly base: Map<string, T>;
  /** The tensors of its codes' statistics, as they are in the file. */
  readonly codes: Map<string, T>;
}

/** Tells the tensors of a file apart. Controllers found before it are left out. */
export function partsOf<T extends NamedNumbers>(tensors: ReadonlyMap<string, T>): ControllerParts<T> {
  const parts = { own: new Map<string, T>(), base: new Map<string, T>(), codes: new Map<string, T>() };
  for (const [name, tensor] of tensors) {
    if (name === CODE_MEAN || name === CODE_STD) parts.codes.set(name, tensor);
    else if (name.startsWith(BASE)) parts.base.set(name.slice(BASE.length), tensor);
    else if (!name.startsWith(STAGES)) parts.own.set(name, tensor);
  }
  return parts;
}

/**
 * The statistics of its codes; absent where the file has none.
 * @throws CheckpointError where one of the two is missing, or is of another size than the code.
 */
export function codesOf({ codes }: ControllerParts, latent: number, what = 'controller'): CodeStatistics | undefined {
  if (codes.size === 0) return undefined;
  const [mean, std] = [CODE_MEAN, CODE_STD].map((name) => {
    const found = codes.get(name);
    const remedy = 'Load the file that discovery wrote, with both or neither';
    if (!found) throw new CheckpointError(what, `no tensor "${name}"`, `shape [${latent}]`, remedy);
    if (found.shape.length !== 1 || found.shape[0] !== latent || found.data.length !== latent)
      throw new CheckpointError(what, `tensor "${name}" of shape [${found.shape}]`, `[${latent}], the size of a code`, remedy);
    return weightsOf(found, `tensor "${name}"`, what).slice();
  });
  return { mean, std };
}

/** Adds the statistics of its codes to what is written. */
export function withCodes(tensors: ReadonlyMap<string, SafeTensor>, { mean, std }: CodeStatistics): Map<string, SafeTensor> {
  return new Map([...tensors, [CODE_MEAN, { shape: [mean.length], data: mean }], [CODE_STD, { shape: [std.length], data: std }]]);
}

/** Parameters of a controller and, where it learns along, of its base, as one file has them. */
export async function controllerTensors(store: ParameterStore, base: ParameterStore | undefined): Promise<Map<string, SafeTensor>> {
  const tensors: Map<string, SafeTensor> = await store.save();
  for (const [name, tensor] of (await base?.save()) ?? []) tensors.set(`${BASE}${name}`, tensor);
  return tensors;
}
