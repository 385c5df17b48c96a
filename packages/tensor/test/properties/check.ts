/** One case of a property: legal arguments give the reference's result, any others that or a typed error. */
import { backwardSum, CoxswainError, type Device, DisposedError, dryDevice, LaunchError, type Tensor } from '../../src/index.js';
import { firstWrong } from './compare.js';
import type { Draw } from './draw.js';
import { type Argument, type Arguments, flushed, type Host, hostsOf, mapHosts, sizeOf, upload } from './host.js';
import type { Reference, Row } from './row.js';

/** A tensor's elements in errors, up to so many. */
const SHOWN = 12;

function describe(given: Arguments): string {
  const said = mapHosts(given, ({ shape, dtype, data }) => {
    const shown = data.slice(0, SHOWN).map((x) => (Object.is(x, -0) ? '-0' : String(x)));
    return `${dtype} [${shape}] = ${shown.join(' ')}${data.length > SHOWN ? ' …' : ''}`;
  });
  return Object.entries(said)
    .map(([name, value]) => `\n  ${name}: ${value}`)
    .join('');
}

/** Leaves NaN in the memory that outputs of these sizes get next: what is left unwritten shows. */
function poison(device: Device, reference: Reference): void {
  using _scope = device.scope();
  for (const { shape } of Object.values(reference))
    for (let i = 0; i < 3; i++) device.tensor(new Float32Array(sizeOf(shape)).fill(Number.NaN), shape);
}

type Outputs = Readonly<Record<string, Tensor>>;

/** What is wrong with outputs, in words. */
async function wrongIn(device: Device, outputs: Outputs, row: Row, given: Arguments): Promise<string | undefined> {
  const references = [row.reference(given), row.reference(flushed(given)), ...(row.alternative ? [row.alternative(given)] : [])];
  const names = Object.keys(references[0]);
  if (Object.keys(outputs).join() !== names.join()) return `outputs are ${Object.keys(outputs)}, of the reference ${names}`;
  const values = await device.read(names.map((name) => outputs[name]));
  for (const [i, name] of names.entries()) {
    const { shape } = references[0][name];
    if (`${outputs[name].shape}` !== `${shape}`) return `${name} is [${outputs[name].shape}], of the reference [${shape}]`;
    const wrong = firstWrong(
      name,
      values[i],
      references.map((reference) => reference[name]),
      row,
    );
    if (wrong) return wrong;
  }
  return undefined;
}

const uploadAll = (device: Device, given: Arguments): Record<string, unknown> => mapHosts(given, (host) => upload(device, host));

/** @throws Error where legal arguments are refused, or give another result than the reference. */
export async function checkLegal(device: Device, row: Row, draw: Draw): Promise<void> {
  const given = row.draw(draw);
  using _scope = device.scope();
  const tensors = uploadAll(device, given);
  poison(device, row.reference(given));
  let wrong: string | undefined;
  try {
    wrong = await wrongIn(device, row.run(tensors as never), row, given);
  } catch (error) {
    throw new Error(`legal arguments are refused:${describe(given)}`, { cause: error });
  }
  if (wrong) throw new Error(`${wrong}:${describe(given)}`);
  if (draw.wildness === 'plain' && row.gradients.length > 0 && row.differences !== false) await checkGradients(device, row, given);
}

/**
 * Steps of differences in float64, and by how much those to either side may differ: at kinks there is no derivative.
 */
const [STEP, KINK] = [1e-6, 1e-4];
/** Elements of a tensor whose derivatives are looked at. */
const LOOKED_AT = 6;

/** What the outputs are multiplied by before they are summed and differentiated. */
const seedAt = (i: number): number => Math.sin(1 + 1.3 * i);

/** @throws Error where a gradient is not that of the float64 reference, by differences. */
async function checkGradients(device: Device, row: Row, given: Arguments): Promise<void> {
  using _scope = device.scope();
  const leaves = new Map<string, Tensor>();
  const tensors = mapHosts(given, (host, name) => {
    const tensor = upload(device, host);
    if (tensor.dtype === 'f32' && isDifferentiable(row, name)) leaves.set(name, tensor.requireGradient());
    return tensor;
  });
  const outputs = Object.entries(row.run(tensors as never)).filter(([, { node }]) => node);
  if (outputs.length === 0) return;
  const seeds = outputs.map(([, { shape }]) =>
    device.tensor(
      Float32Array.from({ length: sizeOf(shape) }, (_, i) => seedAt(i)),
      shape,
    ),
  );
  backwardSum(...outputs.map(([, tensor], i) => [tensor, seeds[i]] as const));
  const loss = (changed: Arguments): number => {
    const reference = row.reference(changed);
    return outputs.reduce(
      (sum, [name]) => Array.from(reference[name].values).reduce((part, x, i) => part + x * Math.fround(seedAt(i)), sum),
      0,
    );
  };
  const gradients = await device.read([...leaves.values()].map(({ gradient }) => gradient as Tensor));
  const at = loss(given);
  for (const [place, name] of [...leaves.keys()].entries()) {
    const got = gradients[place];
    const largest = Array.from(got).reduce((most, g) => Math.max(most, Math.abs(g)), 1);
    const stride = Math.max(1, Math.floor(got.length / LOOKED_AT));
    for (let i = 0; i < got.length; i += stride) {
      const moved = (by: number): number => loss(mapHosts(given, (host, of) => (of === name ? moveOne(host, i, by) : host)) as Arguments);
      const [left, right] = [(at - moved(-STEP)) / STEP, (moved(STEP) - at) / STEP];
      if (!(Math.abs(left - right) <= KINK * largest)) continue;
      const expected = (left + right) / 2;
      if (Math.abs(got[i] - expected) <= GRADIENT_TOLERANCE * largest) continue;
      throw new Error(`the gradient of ${name}[${i}] is ${got[i]}, of the reference ${expected}:${describe(given)}`);
    }
  }
}

/** Relative to a tensor's largest gradient, or 1. */
const GRADIENT_TOLERANCE = 2e-4;

const isDifferentiable = ({ gradients }: Row, name: string): boolean =>
  gradients.some((one) => one === name || one === name.replace(/\d+$/, ''));
const moveOne = (host: Host, at: number, by: number): Host => ({ ...host, data: host.data.map((x, i) => (i === at ? x + by : x)) });

/** A mistake: arguments, and how their tensors are made where not by uploading. */
interface Mistake {
  readonly says: string;
  readonly given: Arguments;
  /** Whether a result is wrong whatever it is. */
  readonly fatal: boolean;
  /** Whether a launch may be what is refused, as for tensors of another device. */
  readonly atLaunch?: boolean;
  make?(device: Device, host: Host, name: string): Tensor;
}

const NUMBERS = [Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY, 2 ** 33];

function wrongNumber(given: Arguments, draw: Draw): Mistake | undefined {
  const numbers = Object.entries(given).filter(([, value]) => typeof value === 'number' || isNumbers(value));
  if (numbers.length === 0) return undefined;
  const [name, value] = draw.pick(numbers);
  const wrong = draw.pick(NUMBERS);
  const at = Array.isArray(value) ? draw.integer(0, value.length - 1) : 0;
  const changed = isNumbers(value) ? value.map((x, i) => (i === at ? wrong : x)) : wrong;
  return { says: `${name} with ${wrong}`, given: { ...given, [name]: changed }, fatal: false };
}

const isNumbers = (value: Argument): value is readonly number[] => Array.isArray(value) && value.length > 0 && typeof value[0] === 'number';

function reshaped(host: Host, draw: Draw): Host {
  const { shape, data } = host;
  const kind = draw.pick(['unit', 'flat', 'longer'] as const);
  if (kind === 'unit') return { ...host, shape: [1, ...shape] };
  if (kind === 'flat') return { ...host, shape: [data.length] };
  const axis = draw.integer(0, Math.max(0, shape.length - 1));
  const longer = shape.length === 0 ? [2] : shape.map((n, i) => (i === axis ? n + 1 : n));
  const fill = (i: number): number => (i < data.length ? data[i] : 1);
  return { ...host, shape: longer, data: Array.from({ length: sizeOf(longer) }, (_, i) => fill(i)) };
}

/** A tensor as one of another dtype, with elements that this has. */
function retyped(host: Host, draw: Draw): Host {
  const dtype = draw.pick((['f32', 'i32', 'u32'] as const).filter((other) => other !== host.dtype));
  return { ...host, dtype, data: host.data.map((x) => (x > 0 ? 1 : 0)) };
}

function mistaken(row: Row, given: Arguments, draw: Draw): Mistake {
  const own = Object.entries(row.mistakes ?? {});
  const kinds = ['dtype', 'shape', 'device', 'disposed', 'number', ...(own.length > 0 ? ['own'] : [])] as const;
  const kind = draw.pick(kinds);
  if (kind === 'own') {
    const [says, change] = draw.pick(own);
    return { says, given: change(given as never, draw), fatal: true };
  }
  const hosts = new Map([...hostsOf(given)].filter(([name]) => !(row.later ?? []).includes(name)));
  const number = kind === 'number' || hosts.size === 0 ? wrongNumber(given, draw) : undefined;
  if (number) return number;
  const target = draw.pick([...hosts.keys()]);
  const host = hosts.get(target) as Host;
  const matters = host.data.length > 0;
  // What all others lie on is where an operation happens.
  const alone = [...hosts.values()].filter(({ data }) => data.length > 0).length < 2;
  const replace = (change: (host: Host) => Host): Arguments =>
    mapHosts(given, (one, name) => (name === target ? change(one) : one)) as Arguments;
  if (kind === 'device' || kind === 'disposed') {
    const make = (device: Device, one: Host, name: string): Tensor => {
      if (name !== target) return upload(device, one);
      if (kind === 'device') return upload(dryDevice(device.traits), one);
      const tensor = upload(device, one);
      tensor.dispose();
      return tensor;
    };
    return {
      says: kind === 'device' ? `${target} of another device` : `${target} disposed`,
      given,
      fatal: matters && !(kind === 'device' && alone),
      atLaunch: true,
      make,
    };
  }
  const free = (row.anyDtype ?? []).some((name) => name === target || name === target.replace(/\d+$/, ''));
  if (kind === 'dtype' && !free) {
    const changed = replace((one) => retyped(one, draw));
    return { says: `${target} of another dtype`, given: changed, fatal: matters };
  }
  return { says: `${target} of another shape`, given: replace((one) => reshaped(one, draw)), fatal: false };
}

/**
 * @throws Error where a mistake is answered by anything but a typed error, or the result that the reference has for it.
 */
export async function checkMistake(device: Device, row: Row, draw: Draw): Promise<void> {
  const mistake = mistaken(row, row.draw(draw), draw);
  const { says, given, fatal, atLaunch, make = upload } = mistake;
  using _scope = device.scope();
  let outputs: Outputs;
  let wrong: string | undefined;
  try {
    const tensors = mapHosts(given, (host, name) => make(device, host, name));
    outputs = row.run(tensors as never);
    const elements = Object.values(outputs).reduce((sum, { size }) => sum + size, 0);
    if (fatal && elements > 0) {
      // A view says it when it is used.
      await device.read(Object.values(outputs));
      wrong = 'it was taken';
    } else wrong = atLaunch ? undefined : await wrongIn(device, outputs, row, given);
  } catch (error) {
    const typed = error instanceof CoxswainError && (atLaunch || !(error instanceof LaunchError || error instanceof DisposedError));
    if (typed) return;
    throw new Error(`${says} gives another error than a typed one:${describe(given)}`, { cause: error });
  }
  if (wrong) throw new Error(`${says}: ${wrong}:${describe(given)}`);
}
