/** What demonstrations have to keep, where they are offered. */
import { leafSize, leafValues, leavesOf, type Space } from '@coxswain/base';
import type { Trajectories } from '../trajectories.js';
import { ValueAccess } from '../values.js';
import { type Checked, complaint, type Rule } from './rule.js';

export const demonstrationRules: readonly Rule[] = [
  { rule: 'demonstrations are of the declared spaces', broken: shown(strangeDemonstrations) },
  { rule: 'fewer demonstrations are the beginning of more', broken: shown(otherBeginning) },
  { rule: 'demonstrations rest after their end', broken: shown(movesAfterEnd) },
  { rule: 'what is predicted is of the declared space', broken: shown(strangePrediction) },
  { rule: 'symmetries show every episode within its space, the identity as it was', broken: shown(strangeSymmetry) },
];

const MANY = 12;
const FEW = 5;

type Make = (count: number) => Trajectories;

/** A rule of demonstrations holds where there are none. */
function shown(broken: (checked: Checked, make: Make) => string | undefined): Rule['broken'] {
  return (checked) => {
    const { definition, settings, defaults } = checked;
    if (!definition.demonstrations) return undefined;
    const tasks = defaults.tasks.map((text) => definition.task(settings, text));
    return broken(checked, (count) => {
      const shares = definition.demonstrations?.(settings, { tasks, horizon: defaults.horizon, count, seed: 1, noise: 0.1 });
      for (;;) {
        const next = shares?.next();
        if (next?.done) return next.value;
      }
    });
  };
}

const numbersTo = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => i);

function strangeDemonstrations(checked: Checked, make: Make): string | undefined {
  const { spaces, defaults } = checked;
  const { horizon } = defaults;
  const data = make(MANY);
  if (data.count !== MANY || data.horizon !== horizon)
    return `${data.count} demonstrations of horizon ${data.horizon}, expected ${MANY} of ${horizon}`;
  const long = Array.from({ length: MANY }, (_, i) => data.length[i]).findIndex((length) => !(length >= 1 && length <= horizon));
  if (long >= 0)
    return complaint(checked, { episode: long, step: 0 }, { what: 'length', given: data.length[long], expected: `1 to ${horizon}` });
  const episodes = numbersTo(MANY);
  const strange =
    strangeValues(checked, { space: spaces.observation, what: 'observation', perEpisode: horizon + 1 }, data.observe(episodes, horizon)) ??
    strangeValues(checked, { space: spaces.action, what: 'action', perEpisode: horizon }, data.actions(episodes, horizon));
  return strange ?? strangeLabel(checked, data, 'event', -1) ?? strangeLabel(checked, data, 'goal', -1);
}

interface ValueKind {
  readonly space: Space;
  readonly what: string;
  /** Values of one episode. */
  readonly perEpisode: number;
}

/** Actions may be beyond the bounds of boxes: they are recorded before worlds clip them. */
function strangeValues(checked: Checked, { space, what, perEpisode }: ValueKind, values: unknown): string | undefined {
  const mismatch = new ValueAccess(space, what).find(leafValues(space, values), MANY * perEpisode, what !== 'action');
  if (!mismatch) return undefined;
  return complaint(checked, { episode: Math.floor(mismatch.index / perEpisode), step: mismatch.index % perEpisode }, mismatch);
}

function strangeLabel(checked: Checked, data: Trajectories, what: 'event' | 'goal', least: number): string | undefined {
  const labels = data[what];
  if (!labels) return undefined;
  const most = checked.spaces.events.length - 1;
  const at = labels.findIndex((label) => !(Number.isInteger(label) && label >= least && label <= most));
  const { horizon } = data;
  if (labels.length !== MANY * horizon) return `${what}: ${labels.length} numbers, expected ${MANY * horizon}`;
  if (at < 0) return undefined;
  return complaint(
    checked,
    { episode: Math.floor(at / horizon), step: at % horizon },
    { what, given: labels[at], expected: `${least} to ${most}` },
  );
}

/** The first number in which values of a space differ, and which value it is in. */
function firstDifference(
  space: Space,
  given: unknown,
  expected: unknown,
): { index: number; given: unknown; expected: unknown } | undefined {
  const [a, b] = [leafValues(space, given), leafValues(space, expected)];
  for (const [leaf, { space: part }] of leavesOf(space).entries()) {
    const at = Array.from(a[leaf] ?? []).findIndex((value, i) => !Object.is(value, b[leaf]?.[i]));
    if (at >= 0) return { index: Math.floor(at / leafSize(part)), given: a[leaf]?.[at], expected: b[leaf]?.[at] };
  }
  return undefined;
}

function otherBeginning(checked: Checked, make: Make): string | undefined {
  const [many, few] = [make(MANY), make(FEW)];
  const { horizon } = many;
  const episodes = numbersTo(FEW);
  for (const episode of episodes)
    if (few.length[episode] !== many.length[episode])
      return complaint(checked, { episode, step: 0 }, { what: 'length', given: few.length[episode], expected: many.length[episode] });
  const { observation, action } = checked.spaces;
  const found =
    firstDifference(observation, few.observe(episodes, horizon), many.observe(episodes, horizon)) ??
    firstDifference(action, few.actions(episodes, horizon), many.actions(episodes, horizon));
  return (
    found &&
    `${checked.definition.name}, value ${found.index} of the first ${FEW}: ${found.given}, expected ${found.expected} as of ${MANY}`
  );
}

function movesAfterEnd(checked: Checked, make: Make): string | undefined {
  const data = make(MANY);
  for (let episode = 0; episode < MANY; episode++) {
    const length = data.length[episode];
    if (length >= data.horizon) continue;
    const whole = data.observe([episode], data.horizon);
    const last = data.observe([episode], length);
    const { observation } = checked.spaces;
    for (const [leaf, { space }] of leavesOf(observation).entries()) {
      const size = leafSize(space);
      const all = leafValues(observation, whole)[leaf] ?? new Float32Array();
      const end = leafValues(observation, last)[leaf]?.subarray(length * size) ?? new Float32Array();
      const at = Array.from(all).findIndex((value, i) => i >= length * size && !Object.is(value, end[i % size]));
      if (at < 0) continue;
      const step = Math.floor(at / size);
      return complaint(checked, { episode, step }, { what: 'observation', given: all[at], expected: `${end[at % size]}, its last` });
    }
  }
  return undefined;
}

function strangePrediction(checked: Checked, make: Make): string | undefined {
  const space = checked.spaces.predicted;
  if (!space) return undefined;
  const data = make(MANY);
  if (!data.predicted) return 'demonstrations without predicted, expected them as the spaces declare it';
  const { horizon } = data;
  return strangeValues(checked, { space, what: 'predicted', perEpisode: horizon }, data.predicted(numbersTo(MANY), horizon));
}

function strangeSymmetry(checked: Checked, make: Make): string | undefined {
  const { definition, spaces } = checked;
  const data = make(MANY);
  const { horizon } = data;
  const episodes = numbersTo(MANY);
  for (let k = 0; k < (definition.symmetries ?? 1); k++) {
    const turned = data.observe(episodes, horizon, new Uint8Array(MANY).fill(k));
    const strange = strangeValues(checked, { space: spaces.observation, what: 'observation', perEpisode: horizon + 1 }, turned);
    if (strange) return `${strange}, under symmetry ${k}`;
    const moved = k === 0 ? firstDifference(spaces.observation, turned, data.observe(episodes, horizon)) : undefined;
    if (moved) return `${definition.name}, value ${moved.index}: ${moved.given} under the identity, expected ${moved.expected}`;
  }
  return undefined;
}
