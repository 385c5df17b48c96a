/** One pass of discovery: the base below, a code generator, the base above. */
import { gatherRows, noGrad, type Tensor } from '@coxswain/tensor';
import type { Distribution, SequenceModel, SequenceSize } from '@coxswain/transformer';
import type { Inputs, View } from './discovery-inputs.js';
import type { CodeGenerator, Discovery } from './metacontroller.js';

export interface DiscoverOptions extends SequenceSize {
  readonly layer: number;
  readonly embedderLayer: number;
  readonly view: View;
  /** f32 [4]: `gateValues` of a gate, on the device, so that a captured step can follow a schedule. */
  readonly control: Tensor;
  readonly noise?: Tensor;
  readonly gateNoise?: Tensor;
  /** Gradients flow into the base too, though not by way of another episode that the embedder looks at. */
  readonly throughBase?: boolean;
}

/**
 * The base below layer l, a code generator at it, the base above it; and the NLL of each action [batch·time]. With a
 * frozen base everything but the generator runs without recording gradients, except the blocks above, through which
 * they flow.
 */
export function discover(
  base: SequenceModel,
  generator: CodeGenerator,
  inputs: Inputs,
  options: DiscoverOptions,
): Discovery & { readonly nll: Tensor; readonly action: Distribution } {
  const { batch, time, layer, embedderLayer, view, control, noise, gateNoise, throughBase = false } = options;
  const size = { batch, time };
  const whole = { batch, time: time + 1 };
  const between = (e: Tensor, from: number, to: number): Tensor => (from === to ? e : base.blocks(e, whole, from, to));
  const lowest = Math.min(layer, embedderLayer);
  const reading = throughBase ? <T>(read: () => T): T => read() : noGrad;
  const [residual, seen] = reading(() => {
    const lower = between(base.embed(inputs.observation), 0, lowest);
    const e = between(lower, lowest, layer);
    const { viewObservation, viewRows, partner } = inputs;
    if (viewObservation) {
      const turned = noGrad(() => between(base.embed(viewObservation), 0, embedderLayer));
      return [e, viewRows ? noGrad(() => gatherRows(turned, viewRows)) : turned];
    }
    const own = between(lower, lowest, embedderLayer);
    if (view === 'same' || !partner) return [e, own];
    const { width } = base.config;
    return [e, noGrad(() => gatherRows(own.reshape([batch, (time + 1) * width]), partner).reshape([batch * (time + 1), width]))];
  });
  const found = generator.discover(
    {
      residual,
      view: seen,
      viewLengths: inputs.viewLengths,
      observation: inputs.observation,
      mask: inputs.mask,
      control,
      throughResidual: throughBase,
      ...(noise ? { noise } : {}),
      ...(gateNoise ? { gateNoise } : {}),
    },
    size,
  );
  const action = base.action(base.blocks(found.steered, size, layer));
  return { ...found, action, nll: action.nll(inputs.action) };
}
