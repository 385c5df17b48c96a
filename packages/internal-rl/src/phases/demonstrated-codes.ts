/** Codes as the encoder finds them on demonstrations, with the event that each was held for. */
import { gather, labelsOf, type Trajectories, type TrajectoryBatch } from '@coxswain/envs';
import { type Base, byLength, type Config } from '@coxswain/lab';
import { discover, gateValues, makeInputs, writeInputs } from '@coxswain/metacontroller';
import { noGrad } from '@coxswain/tensor';
import type { Controller } from './controller.js';
import { discoveryBatch } from './discovery-data.js';
import { methodOf } from './methods.js';

export interface DemonstratedCodes {
  readonly codes: readonly number[][];
  /** Which of its episode's codes each is, from 0. */
  readonly order: readonly number[];
  /** True subgoal of each. */
  readonly colours: readonly number[];
  /** Where it began to be held, and where that subgoal was reached, as coordinates; empty in worlds that have none. */
  readonly from: readonly Place[];
  readonly to: readonly Place[];
}

/** Coordinates: of a grid, column and row. */
export type Place = readonly number[];

/** Means of the posteriors at every step where the binarised switch opened. */
export async function demonstratedCodes(
  base: Base,
  controller: Controller,
  config: Config,
  seed: number,
  episodes: Trajectories,
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
  const from: Place[] = [];
  const to: Place[] = [];
  for (const [b, index] of byLength(episodes).entries()) {
    using _scope = device.scope();
    const part = gather(episodes, index);
    const goals = episodes.goal ? labelsOf(part, episodes.goal) : new Int16Array(part.size * part.steps);
    const { batch } = discoveryBatch(base.world, part, view, seed, b, shown);
    const size = { batch: batch.batch, time: batch.time };
    const inputs = makeInputs(base.model, size, view);
    writeInputs(inputs, batch);
    const control = device.tensor(gateValues(method.hardGate(config)));
    const found = noGrad(() => discover(base.model, controller.model, inputs, { ...size, layer, embedderLayer, view, control }));
    const [z, beta] = (await device.read([found.z, found.beta])) as Float32Array[];
    let last = -1;
    for (let at = 0; at < beta.length; at++) {
      if (!(batch.mask[at] > 0 && beta[at] > 0.5)) continue;
      codes.push([...z.subarray(at * latent, (at + 1) * latent)]);
      const row = Math.floor(at / size.time);
      order.push(row === last ? order[order.length - 1] + 1 : 0);
      last = row;
      colours.push(goals[at]);
      const ends = endsOf(part, goals, at);
      if (!ends) continue;
      from.push(ends.from);
      to.push(ends.to);
    }
  }
  return { codes, order, colours, from, to };
}

/** Where step `at` (a row and a step of it) began, and where the subgoal of that step was reached. */
function endsOf(
  { trajectories, steps, mask, index }: TrajectoryBatch,
  goals: Int16Array,
  at: number,
): { from: Place; to: Place } | undefined {
  if (!trajectories.coordinates) return undefined;
  const row = Math.floor(at / steps);
  const end = (row + 1) * steps;
  let last = at;
  while (last + 1 < end && mask[last + 1] > 0 && goals[last + 1] === goals[at]) last++;
  const place = (step: number): Place => (trajectories as Required<typeof trajectories>).coordinates(index[row], step);
  return { from: place(at - row * steps), to: place(last - row * steps + 1) };
}
