/** A phase small enough for tests, whose every step depends on all steps before it. */

import '../src/lists.js';
import { METRICS, type Phase, type PhaseContext, RESULT_FILE, takeTensor } from '@coxswain/lab';
import { type Device, OutOfMemoryError, readSafetensors, writeSafetensors } from '@coxswain/tensor';
import { Gate, until } from './waiting.js';

/**
 * Holds steps until it is opened, so that whoever waits for the middle of a run does not come too late. A run that
 * looks says when a step begins.
 */
const gate = process.env.TOY_GATE ? new Gate(process.env.TOY_GATE) : undefined;

/** Models wider than this do not fit the adapter. */
const WIDEST = Number(process.env.TOY_WIDEST ?? Number.POSITIVE_INFINITY);

const bytes = (values: Float32Array) => writeSafetensors(new Map([['w', { shape: [values.length], data: values }]]));

async function run({ config, seed, folder, resumed, session }: PhaseContext): Promise<void> {
  const { width } = config.model;
  if (width > WIDEST) throw new OutOfMemoryError(`a toy ${width} wide`, `at most ${WIDEST}`);
  let weights: Float32Array = Float32Array.of(seed + 1, 0.5);
  if (resumed) weights = takeTensor(readSafetensors(resumed.read('model.safetensors'), resumed.folder).tensors, 'w');
  for (let done = resumed?.step ?? 0; done < config.pretrain.steps; ) {
    weights = weights.map((value, index) => Math.fround(Math.sin(value * 3 + index) + weights[1 - index] / 2));
    if (gate) {
      process.stderr.write(`toy step ${done + 1} begins\n`);
      const step = done + 1;
      await until(
        () => !gate.holds(`${folder.identity.phase}-${width}-${seed}`, step),
        () => undefined,
      );
    }
    // A turn of the event loop, in which signals are heard.
    await new Promise((turn) => setImmediate(turn));
    done++;
    session.log(done, { [METRICS.actionNll]: weights[0] });
    await session.afterStep(done, async () => ({ files: { 'model.safetensors': bytes(weights), 'state.safetensors': bytes(weights) } }));
  }
  folder.writeArtifact(RESULT_FILE, { last: weights[0] });
}

export const toyPhase: Phase = {
  name: 'pretrain',
  about: 'Trains two numbers.',
  sections: ['world', 'model', 'pretrain'],
  inputs: [],
  leaves: RESULT_FILE,
  answer: ({ last }) => [`The last number is ${last}.`],
  shortcuts: { steps: 'pretrain.steps' },
  length: ({ pretrain }) => ({ steps: pretrain.steps, unit: 'steps', saveEvery: pretrain.saveEvery }),
  run,
};

/** What a toy runs on. */
export const toyDevice = async (): Promise<Device> =>
  ({ description: 'a toy', traits: { family: 'software', f16: false }, close: () => {} }) as Device;

/** A phase that starts from the toy model. */
export const toySequel: Phase = {
  ...toyPhase,
  name: 'discover',
  sections: ['world', 'model', 'metacontroller', 'discover', 'pretrain'],
  inputs: [{ name: 'base', phase: 'pretrain', about: 'The model to start from.', gives: ['world', 'model'], required: () => true }],
};
