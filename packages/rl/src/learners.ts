/** What the two kinds of reinforcement learning differ in: whose log-probabilities the objective is about. */
import { NONE } from '@coxswain/base';
import { crossEntropy, gatherRows, gaussianLogProb, scale, selectRows, type Tensor } from '@coxswain/tensor';
import type { SequenceModel } from '@coxswain/transformer';
import type { CodeRecords } from './code-controller.js';
import type { Policy } from './policy.js';
import type { Learner } from './update.js';

/** A policy over codes, from what a `CodeController` recorded. */
export function codeLearner(policy: Policy, records: CodeRecords): Learner {
  return {
    store: policy.store,
    packed: true,
    oldLogProb: records.logProb,
    prepare: (size) => ({
      tensors: [],
      write() {},
      // Code 0 where a row is no decision; its log-density is finite and has no weight.
      collect: ({ step, decision }) => ({
        seen: gatherRows(records.x, step),
        x: gatherRows(records.x, decision),
        code: gatherRows(records.code, decision),
      }),
      logProb({ lengths, at, back }, { seen, x, code }) {
        const h = selectRows(policy.packedHistories(seen, size, lengths), at, back);
        return gaussianLogProb(code, policy.means(h, x), policy.logStd);
      },
    }),
  };
}

/**
 * The base model's own action distribution, all of its parameters.
 * @param oldLogProb [N·horizon, 1], as `Rollout` records it.
 * @param temperature at which the rollout samples actions.
 */
export function actionLearner(model: SequenceModel, oldLogProb: Tensor, temperature = 1): Learner {
  const { slots } = model.config;
  return {
    store: model.store,
    packed: false,
    oldLogProb,
    prepare({ batch, time, decisions }) {
      const host = { indices: new Int32Array(batch * time * slots), actions: new Int32Array(decisions) };
      const indices = model.device.tensor(host.indices, [batch * time, slots]);
      const actions = model.device.tensor(host.actions);
      return {
        tensors: [indices, actions],
        write({ horizon, observation, action }, order, lengths, decision) {
          host.indices.fill(-1);
          order.forEach((episode, row) => {
            const from = episode * horizon;
            host.indices.set(observation.subarray(from * slots, (from + lengths[row]) * slots), row * time * slots);
          });
          decision.forEach((place, i) => {
            host.actions[i] = place === NONE ? -1 : action[place];
          });
          indices.write(host.indices);
          actions.write(host.actions);
        },
        collect: () => ({}),
        logProb({ at, back }) {
          const logits = model.actionLogits(selectRows(model.blocks(model.embed(indices), { batch, time }), at, back));
          return scale(crossEntropy(temperature === 1 ? logits : scale(logits, 1 / temperature), actions), -1);
        },
      };
    },
  };
}
