/** What the two kinds of reinforcement learning differ in: whose log-probabilities the objective is about. */
import { crossEntropy, gatherRows, gaussianLogProb, scale, type Tensor } from '@coxswain/tensor';
import type { Transformer } from '@coxswain/transformer';
import type { CodeRecords } from './code-controller.js';
import type { Policy } from './policy.js';
import type { Learner } from './update.js';

/** A policy over codes, from what a `CodeController` recorded. */
export function codeLearner(policy: Policy, records: CodeRecords): Learner {
  return {
    store: policy.store,
    oldLogProb: records.logProb,
    prepare: (size) => ({
      tensors: [],
      write() {},
      // Code 0 where there was no decision; its log-density is finite and has no weight.
      logProb({ step, decision, lengths }) {
        const means = policy.means(gatherRows(records.x, step), size, lengths);
        return gaussianLogProb(gatherRows(records.code, decision), means, policy.logStd);
      },
    }),
  };
}

/**
 * The base model's own action distribution, all of its parameters.
 * @param oldLogProb [N·horizon, 1], as `Rollout` records it.
 * @param temperature at which the rollout samples actions.
 */
export function actionLearner(model: Transformer, oldLogProb: Tensor, temperature = 1): Learner {
  const { slots } = model.config;
  return {
    store: model.store,
    oldLogProb,
    prepare({ batch, time }) {
      const n = batch * time;
      const host = { indices: new Int32Array(n * slots), actions: new Int32Array(n) };
      const indices = model.device.tensor(host.indices, [n, slots]);
      const actions = model.device.tensor(host.actions);
      return {
        tensors: [indices, actions],
        write({ horizon, length, observation, action }, order) {
          host.indices.fill(-1);
          host.actions.fill(-1);
          order.forEach((episode, row) => {
            const from = episode * horizon;
            host.indices.set(observation.subarray(from * slots, (from + length[episode]) * slots), row * time * slots);
            host.actions.set(action.subarray(from, from + length[episode]), row * time);
          });
          indices.write(host.indices);
          actions.write(host.actions);
        },
        logProb() {
          const logits = model.actionLogits(model.blocks(model.embed(indices), { batch, time }));
          return scale(crossEntropy(temperature === 1 ? logits : scale(logits, 1 / temperature), actions), -1);
        },
      };
    },
  };
}
