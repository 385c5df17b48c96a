/** Reverse-mode differentiation over a tape of operations. */
import { copyAxisRange, copyStrided, fill } from '@coxswain/kernels';
import { requireDifferentiable, requireSeed } from './differentiable.js';
import { GradientError, ShapeError } from './errors.js';
import type { Storage } from './storage.js';
import type { Tensor } from './tensor.js';

/** Gradients in the order of the inputs; `null` where an input needs none or was accumulated in place. */
export type Backward = (gradients: readonly (Tensor | null)[]) => readonly (Tensor | null)[];

/** Where gradients end: an operation without one, and its input that required one. */
export interface Barrier {
  readonly operation: string;
  readonly input: string;
}

export interface OpOptions {
  /** What `backward` reads: it is refused where that was changed in place since. All inputs and outputs when absent. */
  readonly saves?: readonly Tensor[];
  /**
   * Further inputs, by name, for which there is no gradient: where one requires it, `backward` through the operation is
   * refused.
   */
  readonly constants?: Readonly<Record<string, Tensor | undefined>>;
  /**
   * `relu`: the output is what a relu gave, of this operation's sums. `view`: the output is the input under another
   * shape.
   */
  readonly kind?: 'relu' | 'view';
}

/** One recorded operation. Ids grow with time, so descending ids are a reverse topological order. */
export interface Node {
  readonly id: number;
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly backward: Backward;
  readonly kind: OpOptions['kind'];
  readonly saved: readonly { readonly tensor: Tensor; readonly storage: Storage; readonly changes: number }[];
  /** Set where a gradient of an input is asked for that there is none of. */
  readonly barrier: Barrier | undefined;
}

/** What a running `backward` holds. */
interface Running {
  /** Gradients of intermediates; `owned` ones may be added to in place. */
  readonly gradients: Map<Tensor, { tensor: Tensor; owned: boolean }>;
  /** Gradients that have been through the gradient of a relu already, and through whose. */
  readonly rectified: WeakMap<Tensor, Node>;
}

let nextId = 0;
let recording = true;
let running: Running | undefined;
/** Adds two tensors; set by ops/elementwise to avoid an import cycle. */
let addTensors: (a: Tensor, b: Tensor) => Tensor;

export function setGradientSum(add: (a: Tensor, b: Tensor) => Tensor): void {
  addTensors = add;
}

/** Runs `body` without recording operations. */
export function noGrad<T>(body: () => T): T {
  const before = recording;
  recording = false;
  try {
    return body();
  } finally {
    recording = before;
  }
}

/** Whether anything made from these inputs now would be recorded. */
export const records = (inputs: readonly Tensor[]): boolean => recording && inputs.some((input) => input.requiresGradient);

const barrierAt = (operation: string, inputs: Readonly<Record<string, Tensor | undefined>>): Barrier | undefined => {
  const found = Object.entries(inputs).find(([, tensor]) => tensor?.requiresGradient);
  return found && (found[1]?.barrier ?? { operation, input: found[0] });
};

/**
 * Declares `outputs` as made from `inputs`. `backward` receives the gradient of each output (null where none flowed)
 * and returns the gradient of each input; for an input that collects sums, such as a weight, it may instead add into
 * `accumulator(input)` and return null. It is not called when no input requires a gradient.
 */
export function op(name: string, inputs: readonly Tensor[], outputs: readonly Tensor[], backward: Backward, options: OpOptions = {}): void {
  if (!recording) return;
  const { saves = [...inputs, ...outputs], constants = {}, kind } = options;
  const barrier = barrierAt(name, constants) ?? inputs.find((input) => input.barrier)?.barrier;
  if (!barrier && !records(inputs)) return;
  const saved = saves.map((tensor) => ({ tensor, storage: tensor.storage, changes: tensor.storage.changes.count }));
  const node: Node = { id: nextId++, name, inputs, outputs, backward, kind, saved, barrier };
  for (const output of outputs) {
    output.node = node;
    output.barrier = undefined;
    output.requiresGradient = true;
  }
}

/**
 * Declares that `outputs` were made by an operation without a gradient. Where one of its inputs requires a gradient,
 * `backward` through an output is a GradientError that names both; `detach()` says that gradients are meant to stop. A
 * leaf among the outputs stays a leaf.
 */
export function noGradient(operation: string, inputs: Readonly<Record<string, Tensor | undefined>>, outputs: readonly Tensor[]): void {
  const barrier = recording ? barrierAt(operation, inputs) : undefined;
  if (!barrier) return;
  for (const output of outputs) {
    if (output.gradient || output.dtype !== 'f32') continue;
    output.barrier = barrier;
    output.requiresGradient = true;
  }
}

/** What is about to be written over as a whole holds nothing of its past any more. */
export function overwritten(operation: string, tensor: Tensor): void {
  requireUnrecorded(operation, tensor);
  if (!tensor.barrier) return;
  tensor.barrier = undefined;
  tensor.requiresGradient = false;
}

/** @throws GradientError for a tensor that a recorded operation made: its gradient would be that of what was there. */
export function requireUnrecorded(operation: string, tensor: Tensor): void {
  if (!tensor.node) return;
  const value = `${tensor} that "${tensor.node.name}" made, written in place`;
  throw new GradientError('recorded', `${operation}: ${value}`, {
    value,
    expected: 'a tensor without a history',
    remedy: 'write into a tensor of your own, or into its detach()',
  });
}

/** The operation with a relu at its end that gave the value of `x`, if one did. */
function reluBehind(x: Tensor): Node | undefined {
  let node = x.node;
  while (node?.kind === 'view') [{ node }] = node.inputs;
  return node?.kind === 'relu' ? node : undefined;
}

/**
 * Whether the gradient of `x` goes on through that of a relu, so that whoever makes it may do that in the same launch.
 */
export const isRectified = (x: Tensor): boolean => reluBehind(x) !== undefined;

/** Says of a gradient of `x` that it has been through the gradient of the relu behind `x`. */
export function markRectified(gradient: Tensor, x: Tensor): void {
  const node = reluBehind(x);
  if (node) running?.rectified.set(gradient, node);
}

/** Whether a gradient of `out` has been through the gradient of the relu that gave it: its own, no other's. */
export const wasRectified = (gradient: Tensor, out: Tensor): boolean =>
  out.node !== undefined && running?.rectified.get(gradient) === out.node;

/** A gradient under another shape, with what is known of it. */
export function reshapedGradient(gradient: Tensor, shape: readonly number[]): Tensor {
  const view = gradient.detach().reshape(shape);
  const node = running?.rectified.get(gradient);
  if (node) running?.rectified.set(view, node);
  return view;
}

/**
 * The buffer into which a running `backward` adds the gradient of `tensor` (a parameter's own, or a zeroed temporary).
 */
export function accumulator(tensor: Tensor): Tensor {
  if (tensor.gradient) return tensor.gradient;
  if (!running) {
    const facts = { value: `${tensor}`, expected: 'a running backward()', remedy: 'call it inside backward()' };
    throw new GradientError('no-backward', 'accumulator() is only for use inside backward()', facts);
  }
  const held = running.gradients.get(tensor);
  if (held?.owned) return held.tensor;
  const zeros = tensor.device.zeros(tensor.shape);
  const sum = held ? addTensors(zeros, held.tensor) : zeros;
  running.gradients.set(tensor, { tensor: sum, owned: true });
  return sum;
}

/**
 * Takes the gradient that has reached `tensor` so far away from a running `backward`, for an operation that adds its
 * own in the same launch and returns the sum. Nothing where none has, or where `tensor` is a leaf.
 */
export function takeGradient(tensor: Tensor): Tensor | undefined {
  const held = running?.gradients.get(tensor);
  running?.gradients.delete(tensor);
  return held?.tensor;
}

function receive(tensor: Tensor, given: Tensor): void {
  if (given.size !== tensor.size) throw new ShapeError('backward', `a gradient of shape [${given.shape}]`, `[${tensor.shape}]`);
  if (given.dtype !== 'f32') throw new ShapeError('backward', `a gradient of ${given.dtype}`, 'one of f32');
  if (tensor.gradient) {
    addInto(tensor.gradient, given);
    return;
  }
  const alike = given.shape.length === tensor.shape.length && given.shape.every((n, i) => n === tensor.shape[i]);
  const gradient = alike ? given : reshapedGradient(given, tensor.shape);
  const held = running?.gradients.get(tensor);
  running?.gradients.set(tensor, held ? { tensor: addTensors(held.tensor, gradient), owned: true } : { tensor: gradient, owned: false });
}

/** sum += x */
function addInto(sum: Tensor, x: Tensor): void {
  if (x.size === 0) return;
  const whole = copyAxisRange({ outer: 1, inner: 1, length: x.size, xAxis: x.size, xFrom: 0, outAxis: x.size, outFrom: 0 });
  x.device.dispatch(copyStrided, { ...whole, accumulate: 1 }, { x, out: sum }, { bits: ['x', 'out'] });
}

/** A tensor with the gradient that it starts `backward` with. */
export type Seeded = readonly [tensor: Tensor, gradient: Tensor];

/**
 * Differentiates a one-element tensor with respect to every leaf that requires it; leaf gradients are added to
 * `leaf.gradient`.
 * @param seed gradient of the loss itself, f32 and of its shape, 1 by default. With one, `loss` may have any shape: it
 * is then Σ seed·loss that is differentiated.
 * @throws GradientError before anything is added to a gradient: where the path to a leaf leads through an operation
 * without a gradient (`no-gradient`), or where a value that a gradient needs was changed since (`changed`).
 */
export function backward(loss: Tensor, seed?: Tensor): void {
  if (loss.size !== 1 && !seed) throw new ShapeError('backward', `a loss of shape [${loss.shape}]`, 'one element, or a seed gradient');
  backwardFrom([[loss, seed]]);
}

/**
 * Differentiates Σ gradient·tensor over all pairs, in one pass: a weighted sum of losses that nobody has to form.
 * Errors as `backward`.
 */
export function backwardSum(...seeded: readonly Seeded[]): void {
  backwardFrom(seeded);
}

function backwardFrom(seeded: readonly (readonly [Tensor, Tensor | undefined])[]): void {
  for (const [loss, seed] of seeded) requireSeed(loss, seed);
  const losses = seeded.map(([loss]) => loss);
  const order = reverseOrder(losses);
  for (const node of order) requireDifferentiable(node);
  const outer = running;
  running = { gradients: new Map(), rectified: new WeakMap() };
  try {
    noGrad(() => {
      const leaves = leafGradients(losses, order);
      const seeds = seeded.map(([loss, seed]) => (seed ? apart(seed, leaves) : one(loss)));
      losses.forEach((loss, i) => {
        receive(loss, seeds[i]);
      });
      for (const node of order) backwardThrough(node);
    });
  } finally {
    running = outer;
  }
}

const memoryOf = ({ storage }: Tensor): GPUBuffer | Storage => storage.buffer ?? storage;

/** The memory of all gradients that a backward pass adds to in place. */
function leafGradients(losses: readonly Tensor[], order: readonly Node[]): Set<GPUBuffer | Storage> {
  const tensors = [losses, ...order.map(({ inputs }) => inputs)].flat();
  return new Set(tensors.flatMap(({ gradient }) => (gradient ? [memoryOf(gradient)] : [])));
}

/** The seed, in memory of its own where it lies in gradients that are about to be added to. */
function apart(seed: Tensor, written: ReadonlySet<GPUBuffer | Storage>): Tensor {
  if (!written.has(memoryOf(seed))) return seed;
  const copy = seed.device.empty(seed.shape);
  seed.device.copy(seed, copy);
  return copy;
}

function one({ device, shape }: Tensor): Tensor {
  const gradient = device.empty(shape);
  device.dispatch(fill, { count: 1, value: 1 }, { out: gradient });
  return gradient;
}

function reverseOrder(losses: readonly Tensor[]): Node[] {
  const seen = new Set<Node>();
  const stack = losses.flatMap(({ node }) => (node ? [node] : []));
  while (stack.length) {
    const node = stack.pop() as Node;
    if (seen.has(node)) continue;
    seen.add(node);
    for (const input of node.inputs) if (input.node) stack.push(input.node);
  }
  return [...seen].sort((a, b) => b.id - a.id);
}

function backwardThrough(node: Node): void {
  const incoming = node.outputs.map((output) => running?.gradients.get(output)?.tensor ?? null);
  for (const output of node.outputs) running?.gradients.delete(output);
  // Where nothing flowed, or came of nothing, there is nothing to pass on.
  if (incoming.every((gradient) => !gradient?.size)) return;
  const outgoing = node.backward(incoming);
  node.inputs.forEach((input, i) => {
    const gradient = outgoing[i];
    if (gradient && input.requiresGradient) receive(input, gradient);
  });
}
