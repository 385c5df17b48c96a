/** What phases that start from a learned policy ask of it. */

import { type PhaseInput, type TrainedModel, wholeConfig } from '@coxswain/lab';
import { CheckpointError } from '@coxswain/tensor';

/** Training episodes that what an RL run learned had seen, those of the runs it went on from among them. */
export function episodesSeen({ folder, identity, config, extra }: TrainedModel): number {
  const { updates, episodesPerUpdate } = config[config.reinforce.method];
  if (typeof extra.episodes !== 'number' && identity.inputs.policy)
    throw new CheckpointError(
      '--policy',
      `${folder} does not say after how many episodes: it went on from another policy, and has no progress.json`,
      'the folder of its run',
      'Give that, or put the progress.json of its checkpoint beside the model.',
    );
  // Only the model was kept: the run had finished, and had begun anew.
  return typeof extra.episodes === 'number' ? extra.episodes : updates * episodesPerUpdate;
}

/** The base model's own actions are steered by nothing. */
export const noControllerOfRaw: PhaseInput['refused'] = ({ reinforce }) =>
  reinforce.method === 'raw' ? 'RL on the base model’s own actions has no controller: leave it out' : undefined;

/** What was learned over codes is no policy over actions, and the other way round. */
export const otherMethod: PhaseInput['refused'] = ({ reinforce }, { config, preset }) => {
  const learned = wholeConfig(config, preset).reinforce.method;
  return learned === reinforce.method ? undefined : `It learned by \`${learned}\` RL: add --method ${learned}, or give another`;
};
