/** Whether a world keeps the rules of worlds, as Gymnasium's `check_env` asks of its own. */
import type { WorldDefinition } from '../definition.js';
import { definitionRules } from './definition-rules.js';
import { demonstrationRules } from './demonstration-rules.js';
import { playingRules } from './playing-rules.js';
import type { Checked, Rule } from './rule.js';
import { snapshotRules } from './snapshot-rules.js';

export interface Finding {
  /** What has to hold, in words. */
  readonly rule: string;
  readonly ok: boolean;
  /** Where it does not: world, episode, step, given and expected. Empty otherwise. */
  readonly detail: string;
}

/** Steps of the episodes that are played. */
const LONGEST_PLAY = 24;

function judge({ rule, broken }: Rule, checked: Checked): Finding {
  try {
    const detail = broken(checked);
    return { rule, ok: detail === undefined, detail: detail ?? '' };
  } catch (error) {
    return { rule, ok: false, detail: String(error) };
  }
}

/**
 * Plays a world against the rules.
 * @param given settings; what is left out is at its default.
 * @returns one finding a rule. Where a world cannot be opened, the rules of playing it are left out.
 */
export function checkWorld(definition: WorldDefinition, given: object = {}): Finding[] {
  const rule = 'settings are accepted';
  let checked: Checked;
  try {
    const settings = definition.settings.parse(given) as never;
    definition.check?.(settings);
    const [spaces, defaults] = [definition.spaces(settings), definition.defaults(settings)];
    const horizon = Math.min(LONGEST_PLAY, defaults.reward.horizon);
    checked = { definition, settings, spaces, defaults, task: definition.task(settings, defaults.reward.task), horizon };
  } catch (error) {
    return [{ rule, ok: false, detail: String(error) }];
  }
  const first = [{ rule, ok: true, detail: '' }, ...definitionRules.map((each) => judge(each, checked))];
  if (first.some(({ ok }) => !ok)) return first;
  return [...first, ...[...playingRules, ...snapshotRules, ...demonstrationRules].map((each) => judge(each, checked))];
}
