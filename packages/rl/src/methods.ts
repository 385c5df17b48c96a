/** The two kinds of reinforcement learning: over codes, and on the base model's own actions. */
import type { World } from '@coxswain/envs';
import { type DeviceWorld, isDeviceWorld } from '@coxswain/envs/device';
import type { Gate, Steering } from '@coxswain/metacontroller';
import { ShapeError } from '@coxswain/tensor';
import type { SequenceModel } from '@coxswain/transformer';
import { CodeController } from './code-controller.js';
import { PolicyCodes } from './codes.js';
import { DeviceRollout } from './device-rollout.js';
import type { BatchPart, Episodes } from './episodes.js';
import { actionLearner, codeLearner } from './learners.js';
import type { Policy } from './policy.js';
import { Reinforcer, type ReinforceSettings } from './reinforce.js';
import type { Replica } from './replica.js';
import { Rollout } from './rollout.js';

/** Internal RL on the grid at the size of `grid-mini`; see the settings of the paper's size in `@coxswain/lab`. */
export const INTERNAL_SETTINGS: ReinforceSettings = {
  epochs: 4,
  clip: 0.2,
  learningRate: 1e-3,
  weightDecay: 0,
  gradientClip: 1,
  advantageFloor: 1e-3,
};
/** RL on the base model's own actions, likewise. */
export const RAW_SETTINGS: ReinforceSettings = { ...INTERNAL_SETTINGS, learningRate: 1e-4 };

/** 1 at every step of every episode. */
function everyStep({ length, count, horizon }: Episodes): Uint8Array {
  const made = new Uint8Array(count * horizon);
  for (let episode = 0; episode < count; episode++) made.fill(1, episode * horizon, episode * horizon + length[episode]);
  return made;
}

/** What internal RL is made of on one device. */
export type InternalParts = {
  /** The frozen base model. */
  readonly model: SequenceModel;
  /** The frozen metacontroller; its encoder is not used. */
  readonly metacontroller: Steering;
  /**
   * Hard for the method; always open for the baseline without
   * temporal abstraction.
   */
  readonly gate: Gate;
  /** What learns. */
  readonly policy: Policy;
  /** A world that the host steps, or one on the device: then a whole batch is one submit. */
  readonly environment: World | DeviceWorld;
};

export type InternalOptions = InternalParts & {
  /** Layer l that it steers. */
  readonly layer: number;
  readonly settings: ReinforceSettings;
  readonly seed: number;
  /** At which the frozen model's actions are sampled; 1 by default. See `Rollout`. */
  readonly temperature?: number;
  /** The same on other devices, policies alike: each plays as many episodes of every batch as its environment has. */
  readonly others?: readonly InternalParts[];
  /**
   * `[N·horizon]` 1 where a decision was made, in place of where the switch opened: to measure what updates of some
   * kind cost.
   */
  readonly decisions?: (episodes: Episodes) => Uint8Array;
};

/** Episodes played together and their longest, wherever the worlds are. */
const sizeOf = ({ environments, horizon }: World | DeviceWorld) => ({ episodes: environments, horizon });

/**
 * Internal RL (arXiv 2512.20605, §5): a policy over codes; the frozen model and the rest of the metacontroller are its
 * world.
 */
export function internalRl(options: InternalOptions): Reinforcer {
  const { settings, others = [], decisions = ({ open }: Episodes) => open } = options;
  const all = [options, ...others];
  const sizes = all.map(({ environment }) => sizeOf(environment));
  const horizons = sizes.map(({ horizon }) => horizon);
  if (new Set(horizons).size > 1) throw new ShapeError('internalRl', `parts of a batch of ${horizons} steps`, 'the same of all');
  const of = sizes.reduce((sum, { episodes }) => sum + episodes, 0);
  let before = 0;
  const replicas = all.map((parts, i) => {
    const replica = internalReplica(options, parts, all.length > 1 ? { before, of } : undefined);
    before += sizes[i].episodes;
    return replica;
  });
  return new Reinforcer(replicas, settings, decisions);
}

function internalReplica(
  { layer, seed, temperature = 1 }: InternalOptions,
  { model, metacontroller, gate, policy, environment }: InternalParts,
  part: BatchPart | undefined,
): Replica {
  const { episodes, horizon } = sizeOf(environment);
  const source = new PolicyCodes(policy, episodes);
  const controller = new CodeController({ metacontroller, layer, source, episodes, gate, record: { horizon } });
  if (!controller.records) throw new Error('a recording controller has records');
  const how = { model, controller, seed, temperature, ...(part && { part }) };
  const rollout = isDeviceWorld(environment) ? new DeviceRollout({ ...how, world: environment }) : new Rollout({ ...how, environment });
  return {
    learner: codeLearner(policy, controller.records),
    rollout,
    owned: [controller, source],
    frozen: { base: model.store, metacontroller: metacontroller.store },
  };
}

export type RawOptions = {
  /** The base model, trainable: all of its parameters learn. */
  readonly model: SequenceModel;
  readonly environment: World;
  readonly settings: ReinforceSettings;
  readonly seed: number;
  /** At which actions are sampled, and what is learned is the tempered distribution; 1 by default. */
  readonly temperature?: number;
};

/** The baseline: the same objective on the base model's own action logits (arXiv 2512.20605, §5, raw-action RL). */
export function rawRl({ model, environment, settings, seed, temperature = 1 }: RawOptions): Reinforcer {
  const rollout = new Rollout({ model, environment, seed, recordActions: true, temperature });
  if (!rollout.logProb) throw new Error('a recording rollout has log-probabilities');
  return new Reinforcer([{ learner: actionLearner(model, rollout.logProb, temperature), rollout }], settings, everyStep);
}
