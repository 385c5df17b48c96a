/** What a metacontroller has found, on held-out clean demonstrations. */

import { gather, labelsOf, sequenceBatch, type Trajectories } from '@coxswain/envs';
import { type Base, batchNll, byLength, type Config } from '@coxswain/lab';
import {
  type CodeStatistics,
  codeStatistics,
  discover,
  type Gate,
  gateValues,
  makeInputs,
  ridgeReadout,
  switchAlignment,
  type View,
  writeInputs,
} from '@coxswain/metacontroller';
import { maskedMean, noGrad, philoxNormal, RandomState } from '@coxswain/tensor';
import type { SwitchTrace } from '../report/traces.js';
import type { Controller } from './controller.js';
import { discoveryBatch } from './discovery-data.js';
import { methodOf } from './methods.js';

export interface ControllerEvaluation {
  /** Action NLL with soft gates, hard gates, and without control. */
  readonly nllSoft: number;
  readonly nllHard: number;
  readonly nllUncontrolled: number;
  /** Mean KL per step, nats. */
  readonly kl: number;
  /**
   * Hard switches against true subgoal changes: at the exact step, and one step apart. `null` where no subgoals are
   * known.
   */
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1Exact: number | null;
  readonly f1: number | null;
  /** Hard switches per step after the first. */
  readonly switchRate: number;
  /** Accuracy of a linear read-out of the true subgoal from z, hard gates; `null` likewise. */
  readonly readout: number | null;
  /** Episodes whose partner was themselves, of all. */
  readonly alone: number;
}

const TRACED = 12;

/**
 * Codes are sampled from their posterior, as in training.
 * @param around steps before and after a subgoal change that `aroundChange` gives the mean of β for.
 */
export async function evaluateController(
  base: Base,
  controller: Controller,
  config: Config,
  seed: number,
  heldOut: Trajectories,
  around = 0,
): Promise<{ result: ControllerEvaluation; codes: CodeStatistics; traces: SwitchTrace[]; aroundChange: number[] }> {
  const { device } = base.store;
  const method = methodOf(config);
  const view: View = method.view(config);
  const latent = controller.model.config.latent;
  const shown = { moments: await controller.moments?.of(heldOut), symmetry: config.discover.symmetry };
  const { layer, embedderLayer } = config.metacontroller;
  const nll = { soft: 0, hard: 0, none: 0 };
  const seen = { kl: 0, steps: 0, alone: 0 };
  const beta: number[] = [];
  const subgoal: number[] = [];
  const mask: number[] = [];
  const codes: number[] = [];
  const traces: SwitchTrace[] = [];
  const nearChange = Array.from({ length: 2 * around + 1 }, () => ({ sum: 0, count: 0 }));
  const time = heldOut.horizon;
  using random = new RandomState(device, seed);
  for (const [b, index] of byLength(heldOut).entries()) {
    using _scope = device.scope();
    const episodes = gather(heldOut, index);
    const goals = heldOut.goal && labelsOf(episodes, heldOut.goal);
    const { batch, alone } = discoveryBatch(base.world, episodes, view, seed, b, shown);
    seen.alone += alone;
    random.write(b);
    const size = { batch: batch.batch, time: batch.time };
    const inputs = makeInputs(base.model, size, view);
    writeInputs(inputs, batch);
    const steps = batch.mask.reduce((a, x) => a + x, 0);
    seen.steps += steps;
    const run = (chosen: Gate) =>
      noGrad(() => {
        const control = device.tensor(gateValues(chosen));
        const noise = philoxNormal(random, 0, controller.model.codeNoise(size));
        const found = discover(base.model, controller.model, inputs, { ...size, layer, embedderLayer, view, control, noise });
        return { ...found, nll: maskedMean(found.nll, inputs.mask) };
      });
    const soft = run(method.softGate(config));
    nll.soft += (await soft.nll.item()) * steps;
    const kl = await soft.kl.read();
    const hard = run(method.hardGate(config));
    nll.hard += (await hard.nll.item()) * steps;
    nll.none += (await batchNll(base, sequenceBatch(episodes))) * steps;
    const [z, switched, softBeta] = [await hard.z.read(), await hard.beta.read(), await soft.beta.read()];
    for (let i = 0; i < size.batch; i++) {
      // All batches in one table of the horizon's width; the padding is masked.
      for (let t = 0; t < time; t++) {
        const at = i * size.time + t;
        const real = t < size.time && batch.mask[at] > 0;
        mask.push(real ? 1 : 0);
        beta.push(real ? switched[at] : 0);
        subgoal.push(real && goals ? goals[at] : 0);
        if (!real) continue;
        if (t > 0 && subgoal.at(-1) !== subgoal.at(-2))
          nearChange.forEach((mean, offset) => {
            const other = at + offset - around;
            if (t + offset - around < 1 || t + offset - around >= batch.lengths[i]) return;
            mean.sum += softBeta[other];
            mean.count++;
          });
        seen.kl += kl[at];
        for (let j = 0; j < latent; j++) codes.push(z[at * latent + j]);
      }
      if (traces.length < TRACED && i % 60 === 0) {
        const from = i * size.time;
        const to = from + batch.lengths[i];
        traces.push({
          title: `seed ${seed}, episode ${index[i]}`,
          beta: [...softBeta.slice(from, to)],
          subgoals: [...(goals?.slice(from, to) ?? [])],
        });
      }
    }
  }
  const table = { batch: heldOut.count, time, beta, subgoal, mask };
  const rows = mask.flatMap((real, i) => (real ? [i] : []));
  const exact = switchAlignment(table, 0);
  const classes = base.world.spaces.events.length;
  const labels = rows.map((i) => subgoal[i]);
  const labelled = heldOut.goal !== undefined && classes > 0;
  const unknown = { precision: null, recall: null, f1Exact: null, f1: null };
  return {
    result: {
      nllSoft: nll.soft / seen.steps,
      nllHard: nll.hard / seen.steps,
      nllUncontrolled: nll.none / seen.steps,
      kl: seen.kl / seen.steps,
      ...(labelled
        ? {
            precision: exact.precision,
            recall: exact.recall,
            f1Exact: exact.f1,
            f1: switchAlignment(table, 1).f1,
          }
        : unknown),
      switchRate: exact.rate,
      readout: labelled ? shuffledReadout(codes, latent, labels, classes) : null,
      alone: seen.alone / heldOut.count,
    },
    codes: codeStatistics(codes, latent, (row) => beta[rows[row]] > 0.5),
    traces,
    aroundChange: nearChange.map(({ sum, count }) => sum / Math.max(1, count)),
  };
}

/** Episodes lie sorted by length, so the read-out's halves take turns instead of being short and long episodes. */
function shuffledReadout(codes: number[], latent: number, labels: number[], classes: number): number {
  const order = [...labels.keys()].filter((i) => i % 2 === 0).concat([...labels.keys()].filter((i) => i % 2 === 1));
  return ridgeReadout(
    order.flatMap((i) => codes.slice(i * latent, (i + 1) * latent)),
    latent,
    order.map((i) => labels[i]),
    classes,
  );
}
