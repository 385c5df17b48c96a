/** Codes as the encoder finds them on demonstrations, with the colour that each was held for. */
import { type EpisodeBatch, type Episodes, gatherEpisodes } from '@coxswain/envs';
import { discover, gateValues, makeInputs, writeInputs } from '@coxswain/metacontroller';
import { noGrad } from '@coxswain/tensor';
import type { Config } from '../config.js';
import type { Base } from './base.js';
import type { Controller } from './controller.js';
import { discoveryBatch } from './discovery-data.js';
import { byLength } from './held-out-batches.js';
import { methodOf } from './methods.js';

export interface DemonstratedCodes {
  readonly codes: readonly number[][];
  /** Which of its episode's codes each is, from 0. */
  readonly order: readonly number[];
  /** True subgoal of each. */
  readonly colours: readonly number[];
  /** The cell in which it began to be held, and the one in which that subgoal was reached. */
  readonly from: readonly Cell[];
  readonly to: readonly Cell[];
}

/** Column and row of a cell. */
export type Cell = readonly [column: number, row: number];

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
  const shown = { moments: await controller.moments?.of(episodes), symmetry: config.discover.symmetry };
  const { layer, embedderLayer } = config.metacontroller;
  const codes: number[][] = [];
  const order: number[] = [];
  const colours: number[] = [];
  const from: Cell[] = [];
  const to: Cell[] = [];
  for (const [b, index] of byLength(episodes).entries()) {
    using _scope = device.scope();
    const part = gatherEpisodes(episodes, index);
    const { batch } = discoveryBatch(base.space, part, view, seed, b, shown);
    const size = { batch: batch.batch, time: batch.time };
    const inputs = makeInputs(device, { ...size, slots: base.space.slots }, view);
    writeInputs(inputs, batch);
    const gate = device.tensor(gateValues(method.hardGate));
    const found = noGrad(() => discover(base.model, controller.model, inputs, { ...size, layer, embedderLayer, view, gate }));
    const [z, beta] = (await device.read([found.z, found.beta])) as Float32Array[];
    let last = -1;
    for (let at = 0; at < beta.length; at++) {
      if (!(batch.mask[at] > 0 && beta[at] > 0.5)) continue;
      codes.push([...z.subarray(at * latent, (at + 1) * latent)]);
      const row = Math.floor(at / size.time);
      order.push(row === last ? order[order.length - 1] + 1 : 0);
      last = row;
      colours.push(part.subgoal[at]);
      const ends = endsOf(part, at);
      from.push(ends.from);
      to.push(ends.to);
    }
  }
  return { codes, order, colours, from, to };
}

/** The cell at step `at` (a row and a step of it), and the cell in which the subgoal of that step was reached. */
function endsOf({ steps, position, subgoal, mask, layout, size }: EpisodeBatch, at: number): { from: Cell; to: Cell } {
  const episode = Math.floor(at / steps);
  const end = (episode + 1) * steps;
  let last = at;
  while (last + 1 < end && mask[last + 1] > 0 && subgoal[last + 1] === subgoal[at]) last++;
  const side = Math.sqrt(layout.length / size);
  const cell = (index: number): Cell => [index % side, Math.floor(index / side)];
  // Positions have one more column than steps: the cell after the last.
  return { from: cell(position[at + episode]), to: cell(position[last + episode + 1]) };
}
