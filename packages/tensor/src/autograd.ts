/** Reverse-mode differentiation over a tape of operations. */
import { copyAxisRange, copyStrided, fill } from '@coxswain/kernels';
import { ShapeError } from './errors.js';
import type { Tensor } from './tensor.js';

/** Gradients in the order of the inputs; `null` where an input needs none or was accumulated in place. */
export type Backward = (gradients: readonly (Tensor | null)[]) => readonly (Tensor | null)[];

/** One recorded operation. Ids grow with time, so descending ids are a reverse topological order. */
export interface Node {
  readonly id: number;
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly backward: Backward;
}

let nextId = 0;
let recording = true;
/** Gradients of intermediates during `backward`; `owned` ones may be added to in place. */
let gradients: Map<Tensor, { tensor: Tensor; owned: boolean }> | undefined;
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

/**
 * Declares `outputs` as made from `inputs`. `backward` receives the gradient of each output (null where none flowed)
 * and returns the gradient of each input; for an input that collects sums, such as a weight, it may instead add into
 * `accumulator(input)` and return null. It is not called when no input requires a gradient.
 */
export function op(name: string, inputs: readonly Tensor[], outputs: readonly Tensor[], backward: Backward): void {
  if (!records(inputs)) return;
  const node: Node = { id: nextId++, name, inputs, outputs, backward };
  for (const output of outputs) {
    output.node = node;
    output.requiresGradient = true;
  }
}

/** The buffer into which a running `backward` adds the gradient of `tensor` (a parameter's own, or a zeroed temporary). */
export function accumulator(tensor: Tensor): Tensor {
  if (tensor.gradient) return tensor.gradient;
  if (!gradients) throw new Error('accumulator() is only for use inside backward()');
  const held = gradients.get(tensor);
  if (held?.owned) return held.tensor;
  const zeros = tensor.device.zeros(tensor.shape);
  const sum = held ? addTensors(zeros, held.tensor) : zeros;
  gradients.set(tensor, { tensor: sum, owned: true });
  return sum;
}

/**
 * Takes the gradient that has reached `tensor` so far away from a running `backward`, for an operation that adds its own in the same
 * launch and returns the sum. Nothing where none has, or where `tensor` is a leaf.
 */
export function takeGradient(tensor: Tensor): Tensor | undefined {
  const held = gradients?.get(tensor);
  gradients?.delete(tensor);
  return held?.tensor;
}

function receive(tensor: Tensor, gradient: Tensor): void {
  if (gradient.size !== tensor.size) throw new ShapeError('backward', `a gradient of shape [${gradient.shape}]`, `[${tensor.shape}]`);
  if (tensor.gradient) {
    addInto(tensor.gradient, gradient);
    return;
  }
  const held = gradients?.get(tensor);
  gradients?.set(tensor, held ? { tensor: addTensors(held.tensor, gradient), owned: true } : { tensor: gradient, owned: false });
}

/** sum += x */
function addInto(sum: Tensor, x: Tensor): void {
  if (x.size === 0) return;
  const whole = copyAxisRange({ outer: 1, inner: 1, length: x.size, xAxis: x.size, xFrom: 0, outAxis: x.size, outFrom: 0 });
  x.device.dispatch(copyStrided, { ...whole, accumulate: 1 }, { x, out: sum });
}

/** A tensor with the gradient that it starts `backward` with. */
export type Seeded = readonly [tensor: Tensor, gradient: Tensor];

/**
 * Differentiates a one-element tensor with respect to every leaf that requires it; leaf gradients are added to `leaf.gradient`.
 * @param seed gradient of the loss itself, 1 by default. With one, `loss` may have any shape: it is then Σ seed·loss that is
 * differentiated.
 */
export function backward(loss: Tensor, seed?: Tensor): void {
  if (loss.size !== 1 && !seed) throw new ShapeError('backward', `a loss of shape [${loss.shape}]`, 'one element, or a seed gradient');
  backwardFrom([[loss, seed]]);
}

/** Differentiates Σ gradient·tensor over all pairs, in one pass: a weighted sum of losses that nobody has to form. */
export function backwardSum(...seeded: readonly Seeded[]): void {
  backwardFrom(seeded);
}

function backwardFrom(seeded: readonly (readonly [Tensor, Tensor | undefined])[]): void {
  if (!seeded.every(([{ requiresGradient }]) => requiresGradient))
    throw new ShapeError('backward', 'a loss that depends on nothing that requires a gradient', 'a recorded loss');
  const outer = gradients;
  gradients = new Map();
  try {
    noGrad(() => {
      for (const [loss, seed] of seeded) receive(loss, seed ?? one(loss));
      for (const node of reverseOrder(seeded.map(([loss]) => loss))) backwardThrough(node);
    });
  } finally {
    gradients = outer;
  }
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
  const incoming = node.outputs.map((output) => gradients?.get(output)?.tensor ?? null);
  for (const output of node.outputs) gradients?.delete(output);
  if (incoming.every((gradient) => gradient === null)) return;
  const outgoing = node.backward(incoming);
  node.inputs.forEach((input, i) => {
    const gradient = outgoing[i];
    if (gradient && input.requiresGradient) receive(input, gradient);
  });
}
