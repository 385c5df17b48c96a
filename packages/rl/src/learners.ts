/** What the two kinds of reinforcement learning differ in: whose log-probabilities the objective is about. */
import { type LeafValues, leafArrays, leafSize, leavesOf, NONE } from '@coxswain/base';
import { gatherRows, gaussianLogProb, scale, selectRows, type Tensor } from '@coxswain/tensor';
import { type SequenceModel, spaceTensors, writeValues } from '@coxswain/transformer';
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
  const { config, device } = model;
  const [seen, done] = [config.observation, config.action].map((space) => leavesOf(space).map((leaf) => leaf.space));
  return {
    store: model.store,
    packed: false,
    oldLogProb,
    prepare({ batch, time, decisions }) {
      const host = {
        observation: leafArrays(config.observation, batch * time),
        action: leafArrays(config.action, decisions),
      };
      const observation = spaceTensors(device, config.observation, batch * time);
      const action = spaceTensors(device, config.action, decisions);
      return {
        tensors: [...observation, ...action],
        write(episodes, order, lengths, decision) {
          for (const [leaf, space] of seen.entries()) {
            const [size, rows] = [leafSize(space), host.observation[leaf]];
            rows.fill(space.kind === 'rows' ? -1 : 0);
            order.forEach((episode, row) => {
              const from = episode * episodes.horizon;
              rows.set(episodes.observation[leaf].subarray(from * size, (from + lengths[row]) * size), row * time * size);
            });
          }
          for (const [leaf, space] of done.entries()) writeTaken(host.action[leaf], episodes.action[leaf], decision, leafSize(space));
          writeValues(observation, host.observation);
          writeValues(action, host.action);
        },
        collect: () => ({}),
        logProb({ at, back }) {
          const e = selectRows(model.blocks(model.embed(observation), { batch, time }), at, back);
          return scale(model.action(e).tempered(temperature).nll(action), -1);
        },
      };
    },
  };
}

/** What was done at each decision; in rows left over −1, which is padding to a class, or 0. */
function writeTaken(out: LeafValues, action: LeafValues, decision: Uint32Array, size: number): void {
  decision.forEach((place, i) => {
    if (place === NONE) out.fill(out instanceof Int32Array ? -1 : 0, i * size, (i + 1) * size);
    else out.set(action.subarray(place * size, (place + 1) * size), i * size);
  });
}
