/** Runs work one launch at a time, to find which operation first writes NaN or an infinity. */
import type { BufferSlot } from '@coxswain/kernels';
import type { Program } from './capture.js';
import type { Device } from './device.js';
import { NotFiniteError } from './errors.js';
import { encode, type Launch } from './launch.js';
import type { Binding, Storage } from './storage.js';

/** One slot of a launch that holds floats: its place among the bindings, and what it is bound to. */
interface Floats {
  readonly at: number;
  readonly slot: BufferSlot;
  readonly binding: Binding;
  /** Two to a word, in half precision. */
  readonly halves: boolean;
}

/** A number that is not finite, and its place among the elements. */
interface Found {
  readonly index: number;
  readonly value: number;
}

const MAP_READ_COPY_DST = 0x1 | 0x8;
/** Exponents all ones: an infinity, or NaN where a bit of the fraction is set. */
const EXPONENT = 0x7f800000;
const HALF_EXPONENT = 0x7c00;

function floatsOf({ pipeline, bindings }: Launch): Floats[] {
  return pipeline.slots.flatMap((slot, at) => {
    const binding = bindings[at];
    const halves = slot.element === 'vec4<f16>';
    return binding.tensor && (halves || binding.tensor.dtype === 'f32') ? [{ at, slot, binding, halves }] : [];
  });
}

const specialOf = (negative: boolean, fraction: number): number =>
  fraction ? Number.NaN : negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;

/** The first number that is not finite in a word that differs from the one that was there before. */
function firstNotFinite(after: Uint32Array, before: Uint32Array | undefined, halves: boolean): Found | undefined {
  for (let i = 0; i < after.length; i++) {
    const word = after[i];
    if (word === before?.[i]) continue;
    if (!halves) {
      if ((word & EXPONENT) === EXPONENT) return { index: i, value: specialOf(word >>> 31 === 1, word & 0x7fffff) };
      continue;
    }
    for (const part of [0, 1]) {
      const half = (word >>> (16 * part)) & 0xffff;
      if ((half & HALF_EXPONENT) === HALF_EXPONENT) return { index: 2 * i + part, value: specialOf(half >>> 15 === 1, half & 0x3ff) };
    }
  }
  return undefined;
}

const ofShape = ({ slot, binding: { tensor } }: Floats): string =>
  `${slot.name}${tensor?.name ? ` "${tensor.name}"` : ''} [${tensor?.shape}]`;

/** Launches one of a program's launches by itself. @returns what the slots held before and after, in turn. */
async function launchAlone(device: Device, program: Program, index: number, slots: readonly Floats[], fresh: readonly GPUBuffer[]) {
  const { gpu } = device;
  const bound = program.bound[index];
  const total = slots.reduce((sum, { binding }) => sum + binding.bytes, 0);
  const staging = gpu.createBuffer({ label: 'inspect', size: Math.max(4, 2 * total), usage: MAP_READ_COPY_DST });
  const encoder = gpu.createCommandEncoder();
  for (const buffer of fresh) encoder.clearBuffer(buffer);
  let at = 0;
  const places: { readonly from: number; readonly words: number }[] = [];
  const copy = (): void => {
    for (const { at: slot, binding } of slots) {
      encoder.copyBufferToBuffer(bound.buffers[slot], binding.offset, staging, at, binding.bytes);
      places.push({ from: at, words: binding.bytes / 4 });
      at += binding.bytes;
    }
  };
  copy();
  encode(encoder, [bound], [program.launches[index]]);
  copy();
  gpu.queue.submit([encoder.finish()]);
  try {
    await device.finish();
    await staging.mapAsync(1);
    const mapped = staging.getMappedRange();
    const held = places.map(({ from, words }) => new Uint32Array(mapped.slice(from, from + 4 * words)));
    return { before: held.slice(0, slots.length), after: held.slice(slots.length) };
  } finally {
    staging.destroy();
  }
}

/** The error for what a launch wrote, with what it read. */
function culprit({ pipeline }: Launch, wrote: Floats, { index, value }: Found, read: readonly (readonly [Floats, Found | undefined])[]) {
  const inputs = read.map(([input]) => ofShape(input)).join(', ');
  const bad = read.find(([, found]) => found);
  const whose = bad ? `whose ${bad[0].slot.name}[${bad[1]?.index}] is ${bad[1]?.value}` : 'all of them finite';
  return new NotFiniteError(ofShape(wrote), index, value, {
    operation: pipeline.label,
    how: read.length > 0 ? `made of ${inputs}, ${whose}` : 'made of integers alone',
    remedy: bad ? 'look at what makes that input' : 'keep what this operation reads in its range, or lower the learning rate',
  });
}

async function inspectProgram(device: Device, program: Program): Promise<void> {
  program.requireAlive(device);
  await program.ready();
  const met = new Set<Storage>();
  for (const [index, launch] of program.launches.entries()) {
    const floats = floatsOf(launch);
    const written = floats.filter(({ slot }) => slot.access === 'read_write');
    // A temporary's memory was another's: numbers left there are nobody's result.
    const fresh = launch.bindings.flatMap(({ storage }, at) => {
      if (met.has(storage) || !program.isTemporary(storage)) return [];
      met.add(storage);
      return [program.bound[index].buffers[at]];
    });
    const { before, after } = await launchAlone(device, program, index, floats, fresh);
    for (const wrote of written) {
      const at = floats.indexOf(wrote);
      const found = firstNotFinite(after[at], before[at], wrote.halves);
      if (!found) continue;
      const read = floats.flatMap((input, i): [Floats, Found | undefined][] =>
        input.slot.access === 'read' ? [[input, firstNotFinite(before[i], undefined, input.halves)]] : [],
      );
      throw culprit(launch, wrote, found, read);
    }
  }
}

/**
 * Debug mode: runs work once, for real, one launch at a time, and looks at every float that each launch writes, forward
 * and backward. As slow as a readback a launch: for when a loss or a gradient norm is NaN already. Numbers that were
 * there before the launch count for nothing.
 * @param work a body as `Device.capture` takes it (launches, no reads or writes), or captured programs, with what they
 * read in place; also programs of others, such as `Pretrainer.program`.
 * @throws NotFiniteError for the first launch that writes NaN or an infinity: it names the operation (as the adapter's
 * list of kernels does), the output with its shape and the index, and the shapes of what was read, with the first
 * number there that was not finite, if one was not. What comes after that launch does not run.
 */
export async function inspectFinite(device: Device, work: (() => unknown) | readonly Program[]): Promise<void> {
  if (typeof work !== 'function') {
    device.flush();
    for (const program of work) await inspectProgram(device, program);
    return;
  }
  const program = device.capture(() => {
    const result = work();
    if (result instanceof Promise) return result as never;
    return {};
  });
  try {
    await inspectProgram(device, program);
  } finally {
    program.dispose();
  }
}
