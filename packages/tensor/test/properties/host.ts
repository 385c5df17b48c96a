/** Tensors as the host describes them: what properties draw, upload and compute references from. */
import type { Device, DType, Tensor } from '../../src/index.js';

/** A tensor's shape, dtype and elements; those of f32 are numbers that f32 has. */
export interface Host {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly data: readonly number[];
}

/** What an operation may be given. */
export type Argument = Host | readonly Host[] | readonly number[] | number | boolean | string | undefined;
export type Arguments = Readonly<Record<string, Argument>>;

/** The same arguments with tensors in place of their descriptions. */
export type Uploaded<A> = {
  readonly [K in keyof A]: A[K] extends Host
    ? Tensor
    : A[K] extends readonly Host[]
      ? Tensor[]
      : A[K] extends Host | undefined
        ? Tensor | undefined
        : A[K];
};

export const isHost = (value: unknown): value is Host => typeof value === 'object' && value !== null && 'dtype' in value && 'data' in value;
export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const isHosts = (value: Argument): value is readonly Host[] => Array.isArray(value) && value.length > 0 && isHost(value[0]);

/** Arguments with every tensor put through `change`, which is told its name (that of a list with its place). */
export function mapHosts<T>(given: Arguments, change: (host: Host, name: string) => T): Record<string, T | readonly T[] | Argument> {
  const entries = Object.entries(given).map(([name, value]) => {
    if (isHost(value)) return [name, change(value, name)];
    if (isHosts(value)) return [name, value.map((host, i) => change(host, `${name}${i}`))];
    return [name, value];
  });
  return Object.fromEntries(entries);
}

/** Names of the tensors among arguments, in order. */
export function hostsOf(given: Arguments): Map<string, Host> {
  const found = new Map<string, Host>();
  mapHosts(given, (host, name) => found.set(name, host));
  return found;
}

const ARRAYS = { f32: Float32Array, i32: Int32Array, u32: Uint32Array } as const;

export const upload = (device: Device, { shape, dtype, data }: Host): Tensor => device.tensor(ARRAYS[dtype].from(data), shape);

/** The smallest normal f32: what is nearer to 0 may be flushed to it. */
export const SMALLEST = 2 ** -126;

/** The arguments as an adapter sees them that flushes denormals. */
export const flushed = (given: Arguments): Arguments =>
  mapHosts(given, (host) => ({ ...host, data: host.data.map((x) => (Math.abs(x) < SMALLEST ? 0 * Math.sign(x) : x)) })) as Arguments;

const living: Disposable[] = [];

/** Something that lives to the end of the case. */
export function kept<T extends Disposable>(made: T): T {
  living.push(made);
  return made;
}

/** Frees what was kept. */
export function release(): void {
  for (const one of living.splice(0)) one[Symbol.dispose]();
}
