/** What a definition has to keep before anything is played. */
import { CoxswainError, checkSpace, describeSpace } from '@coxswain/base';
import { type Checked, openWorld, type Rule, sameSpace } from './rule.js';

/** No world has a task of this text. */
const NO_TASK = '?no such task?';

export const definitionRules: readonly Rule[] = [
  { rule: 'spaces can be', broken: brokenSpaces },
  { rule: 'every default task is one', broken: brokenTasks },
  { rule: 'a text that is no task is refused with a typed error', broken: acceptedTask },
  { rule: 'opens as asked', broken: openedOtherwise },
];

function brokenSpaces({ spaces }: Checked): string | undefined {
  checkSpace(spaces.observation, 'observation');
  checkSpace(spaces.action, 'action');
  if (spaces.predicted) checkSpace(spaces.predicted, 'predicted');
  const twice = spaces.events.find((name, i) => spaces.events.indexOf(name) !== i);
  return twice === undefined ? undefined : `events: ${twice} twice, expected a name for each`;
}

function brokenTasks({ definition, settings, spaces, defaults }: Checked): string | undefined {
  if (defaults.tasks.length === 0) return 'no default task, expected at least one';
  for (const text of [...defaults.tasks, defaults.reward.task]) {
    const task = definition.task(settings, text);
    if (task.text !== text) return `task "${text}": its text is "${task.text}", expected the same`;
    if (task.events.length === 0) return `task "${text}": no events, expected at least one`;
    const strange = task.events.find((event) => !Number.isInteger(event) || event < 0 || event >= spaces.events.length);
    if (strange !== undefined) return `task "${text}": event ${strange}, expected 0 to ${spaces.events.length - 1}`;
  }
  return undefined;
}

function acceptedTask({ definition, settings }: Checked): string | undefined {
  try {
    definition.task(settings, NO_TASK);
  } catch (error) {
    if (error instanceof CoxswainError) return undefined;
    return `task "${NO_TASK}": threw ${error}, expected an error with a code (bad-task)`;
  }
  return `task "${NO_TASK}": accepted, expected an error with the code bad-task`;
}

function openedOtherwise(checked: Checked): string | undefined {
  const { spaces, horizon } = checked;
  for (const task of [checked.task, 'free'] as const) {
    const world = openWorld(checked, { environments: 3, task });
    if (world.environments !== 3) return `opened with ${world.environments} environments, expected 3`;
    if (world.horizon !== horizon) return `opened with horizon ${world.horizon}, expected ${horizon}`;
    for (const [what, given, declared] of [
      ['observation', world.observationSpace, spaces.observation],
      ['action', world.actionSpace, spaces.action],
    ] as const)
      if (!sameSpace(given, declared)) return `opened with ${what} ${describeSpace(given)}, expected ${describeSpace(declared)}`;
  }
  return undefined;
}
