/** What discovery reads: demonstrations, and what of them the sequence embedder may look at. */
import { type LeafValues, NONE } from '@coxswain/base';
import type { Tensor } from '@coxswain/tensor';
import { numbered, type SequenceModel, type SequenceSize, spaceTensors, writeValues } from '@coxswain/transformer';

/** What the sequence embedder may look at; see the package's README and `docs/results`. */
export type View = 'same' | 'symmetry' | 'partner' | MomentView;

/**
 * Of an episode some moments only: at which something was touched, the base's residual jumped, a switch opened, or
 * drawn at random.
 */
export type MomentView = 'touches' | 'jumps' | 'switches' | 'random';

const MOMENT_VIEWS: readonly View[] = ['touches', 'jumps', 'switches', 'random'] satisfies MomentView[];

/** Whether the sequence embedder is shown some moments of an episode only. */
export const showsMoments = (view: View): view is MomentView => MOMENT_VIEWS.includes(view);

/** Demonstrations side by side, padded to one length. */
export interface DiscoveryBatch {
  readonly batch: number;
  readonly time: number;
  /**
   * Of batch·(time + 1): every observation, the final one included; an array for each leaf of the model's observation
   * space.
   */
  readonly observation: readonly LeafValues[];
  /** Of batch·time, likewise. */
  readonly action: readonly LeafValues[];
  /** [batch·time]: 1 where a step happened. */
  readonly mask: Float32Array;
  /** [batch]: steps of each episode. */
  readonly lengths: ArrayLike<number>;
  /** View `partner`: the episode of the batch that stands in for each. */
  readonly partner?: Uint32Array;
  /**
   * View `symmetry` and those of moments: the same episodes under a random symmetry, like `observation`; as they are
   * when absent.
   */
  readonly viewObservation?: readonly LeafValues[];
  /** Views of moments: the observations of each episode that the embedder sees, by their step, in order. */
  readonly viewSteps?: readonly ArrayLike<number>[];
}

export interface Inputs {
  readonly observation: readonly Tensor[];
  readonly action: readonly Tensor[];
  readonly mask: Tensor;
  readonly viewLengths: Tensor;
  readonly partner?: Tensor;
  readonly viewObservation?: readonly Tensor[];
  /** u32 [batch·(time + 1)]: rows of the view that are seen, `NONE` behind the last. */
  readonly viewRows?: Tensor;
}

/** Device tensors for a batch of these sizes. */
export function makeInputs(base: SequenceModel, { batch, time }: SequenceSize, view: View): Inputs {
  const { device, config } = base;
  const observations = batch * (time + 1);
  const turned = view === 'symmetry' || showsMoments(view);
  return {
    observation: spaceTensors(device, config.observation, observations),
    action: spaceTensors(device, config.action, batch * time),
    mask: device.tensor(new Float32Array(batch * time)),
    viewLengths: device.tensor(new Uint32Array(batch)),
    ...(view === 'partner' ? { partner: device.tensor(new Uint32Array(batch)) } : {}),
    ...(turned ? { viewObservation: spaceTensors(device, config.observation, observations) } : {}),
    ...(showsMoments(view) ? { viewRows: device.tensor(new Uint32Array(observations)) } : {}),
  };
}

/** The tensors by name; further leaves of a record are numbered. */
export function namedInputs({ observation, action, viewObservation = [], ...others }: Inputs): Record<string, Tensor> {
  return {
    ...numbered('observation', observation),
    ...numbered('action', action),
    ...others,
    ...numbered('viewObservation', viewObservation),
  };
}

/** Uploads a batch. */
export function writeInputs(inputs: Inputs, batch: DiscoveryBatch): void {
  writeValues(inputs.observation, batch.observation);
  writeValues(inputs.action, batch.action);
  inputs.mask.write(batch.mask);
  const { partner, viewSteps } = batch;
  const seen = (i: number): number => viewSteps?.[i].length ?? batch.lengths[partner && inputs.partner ? partner[i] : i] + 1;
  inputs.viewLengths.write(Uint32Array.from({ length: batch.batch }, (_, i) => seen(i)));
  if (inputs.partner && partner) inputs.partner.write(partner);
  if (inputs.viewObservation) writeValues(inputs.viewObservation, batch.viewObservation ?? batch.observation);
  if (inputs.viewRows && viewSteps) {
    const whole = batch.time + 1;
    const rows = new Uint32Array(batch.batch * whole).fill(NONE);
    for (const [i, steps] of viewSteps.entries()) for (let k = 0; k < steps.length; k++) rows[i * whole + k] = i * whole + steps[k];
    inputs.viewRows.write(rows);
  }
}
