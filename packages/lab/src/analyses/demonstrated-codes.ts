/** Codes as the encoder finds them on demonstrations, with the colour that each was held for. */
import { type Episodes, gatherEpisodes } from '@coxswain/envs';
import { discover, makeInputs, writeInputs } from '@coxswain/metacontroller';
import { noGrad } from '@coxswain/tensor';
import type { Base } from '../phases/base.js';
import type { Controller } from '../phases/controller.js';
import { discoveryBatch } from '../phases/discovery-data.js';
import { byLength } from '../phases/evaluate-base.js';
import { gateValues, methodOf } from '../phases/methods.js';
import type { Config } from '../settings/sections.js';

export interface DemonstratedCodes {
  readonly codes: readonly number[][];
  /** True subgoal of each. */
  readonly colours: readonly number[];
}

const BATCH = 250;

/** Means of the posteriors at every step where the binarised switch opened. */
export async function demonstratedCodes(
  base: Base,
  controller: Controller,
  config: Config,
  seed: number,
  episodes: Episodes,
): Promise<DemonstratedCodes> {
  const { device } = base.store;
  const { latent } = controller.model.config;
  const method = methodOf(config);
  const view = method.view(config);
  const { layer, embedderLayer } = config.metacontroller;
  const codes: number[][] = [];
  const colours: number[] = [];
  for (const [b, index] of byLength(episodes, BATCH).entries()) {
    using scope = device.scope();
    void scope;
    const part = gatherEpisodes(episodes, index);
    const { batch } = discoveryBatch(base.space, part, view, seed, b);
    const size = { batch: batch.batch, time: batch.time };
    const inputs = makeInputs(device, { ...size, slots: base.space.slots }, view);
    writeInputs(inputs, batch);
    const gate = device.tensor(gateValues(method.hardGate));
    const found = noGrad(() => discover(base.model, controller.model, inputs, { ...size, layer, embedderLayer, view, gate }));
    const [z, beta] = (await device.read([found.z, found.beta])) as Float32Array[];
    for (let at = 0; at < beta.length; at++) {
      if (!(batch.mask[at] > 0 && beta[at] > 0.5)) continue;
      codes.push([...z.subarray(at * latent, (at + 1) * latent)]);
      colours.push(part.subgoal[at]);
    }
  }
  return { codes, colours };
}
