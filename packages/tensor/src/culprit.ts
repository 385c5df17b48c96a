/** What made a training step go wrong: looked for once it has, in the order in which one thing spoils the next. */
import type { AdamW } from './adamw.js';
import type { Program } from './capture.js';
import type { Device } from './device.js';
import { requireFiniteNumbers } from './finite.js';
import { inspectFinite } from './inspect.js';
import type { ParameterStore } from './parameters.js';
import type { Tensor } from './tensor.js';

/** The parts of a training step, each by the word that the error says before a tensor's name. */
export interface StepParts {
  /** Parameters, of frozen models too. */
  readonly stores: Readonly<Record<string, ParameterStore>>;
  /** What a batch wrote for the step to read. Integers among them are finite. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly optimisers: Readonly<Record<string, AdamW>>;
  /**
   * What runs a step, with the last batch's inputs still in place. They are run once more, updates of parameters
   * included.
   */
  readonly programs: readonly Program[];
}

const REMEDIES = {
  parameter: 'Go on from the last checkpoint, or from a model whose weights are finite',
  input: 'Correct what makes the batches',
  moment: 'Go on from the last checkpoint with a lower learning rate or a smaller gradientClip',
} as const;

/**
 * Names what made a loss, a gradient norm or a reward NaN or infinite: the first parameter that is not finite, else the
 * first input of the batch, else the first moment of an optimiser, else the first operation that writes such a number
 * when the step is run again (`inspectFinite`). Returns where there is none: the step that went wrong was an earlier
 * one.
 * @throws NotFiniteError that names it.
 */
export async function findCulprit(device: Device, { stores, inputs, optimisers, programs }: StepParts): Promise<void> {
  for (const [model, store] of Object.entries(stores))
    requireFiniteNumbers(prefixed(`${model} parameter `, await store.save()), { remedy: REMEDIES.parameter });
  const floats = Object.entries(inputs).filter(([, { dtype, size }]) => dtype === 'f32' && size > 0);
  const read = await device.read(floats.map(([, tensor]) => tensor));
  requireFiniteNumbers(
    floats.map(([name], i) => [`input ${name}`, { data: read[i] }]),
    { how: 'in the batch', remedy: REMEDIES.input },
  );
  for (const [model, optimiser] of Object.entries(optimisers))
    requireFiniteNumbers(prefixed(`${model} optimiser moment `, await optimiser.save()), { remedy: REMEDIES.moment });
  await inspectFinite(device, programs);
}

const prefixed = <T>(words: string, named: ReadonlyMap<string, T>): [string, T][] =>
  [...named].map(([name, value]) => [`${words}${name}`, value]);
