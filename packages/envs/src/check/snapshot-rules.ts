/** What snapshots have to keep, where they are offered. */
import { CounterRandom } from '@coxswain/base';
import type { World } from '../world.js';
import { randomActions } from './random-actions.js';
import { type Checked, complaint, difference, type Frame, frameOf, framesOf, openWorld, type Rule } from './rule.js';

export const snapshotRules: readonly Rule[] = [{ rule: 'snapshot and restore are exact', broken: inexact }];

const SOURCE = 1;

function inexact(checked: Checked): string | undefined {
  const offers = openWorld(checked, { environments: 1 });
  if (!offers.snapshot && !offers.restore) return undefined;
  if (!offers.snapshot || !offers.restore) return 'one of snapshot and restore, expected both or neither';
  for (const task of [checked.task, 'free'] as const)
    for (const step of [0, 1, Math.floor(checked.horizon / 2), checked.horizon, checked.horizon + 1]) {
      const found = compareFork(checked, task, step);
      if (found) return found;
    }
  return undefined;
}

/** Takes a state at a step, and goes on from it in two places of a world that played something else. */
function compareFork(checked: Checked, task: Checked['task'] | 'free', step: number): string | undefined {
  const source = openWorld(checked, { environments: 3, task });
  const expected: Frame[] = [];
  const state = playOn(source, step, (frame) => expected.push(frame));
  const fork = openWorld(checked, { environments: 3, task });
  framesOf(fork, { seed: 7, firstEpisode: 40 });
  fork.reset(8, { firstEpisode: 20 });
  const copy = Uint8Array.from(state);
  const restored = fork.restore?.(state, [2, 0]);
  const at = { episode: SOURCE, step };
  if (!restored) return undefined;
  if (!state.every((byte, i) => byte === copy[i]))
    return complaint(checked, at, { what: 'the state', given: 'changed', expected: 'as it was' });
  for (const place of [2, 0]) {
    const again = fork.snapshot?.(place) ?? copy;
    const byte = again.findIndex((value, i) => value !== copy[i]);
    if (byte >= 0 || again.length !== copy.length)
      return complaint(checked, at, { what: `byte ${byte} of the state of what was restored`, given: again[byte], expected: copy[byte] });
    const { observation, event, progress } = frameOf(fork, restored, place);
    const shown = difference({ ...expected[0], observation, event, progress }, expected[0]);
    if (shown) return `${complaint(checked, at, shown)}, after restore`;
  }
  return goOn(checked, fork, step, expected);
}

/** Plays a world from its reset on; what environment 1 shows from `step` on is told. @returns its state at `step`. */
function playOn(world: World, step: number, tell: (frame: Frame) => void): Uint8Array {
  const random = new CounterRandom(1);
  let result = world.reset(1, { firstEpisode: 0 });
  let state = new Uint8Array();
  for (let t = 0; t <= world.horizon + 1; t++) {
    if (t === step) state = Uint8Array.from(world.snapshot?.(SOURCE) ?? []);
    if (t >= step) tell(frameOf(world, result, SOURCE));
    result = world.step(randomActions(world.actionSpace, random, [0, SOURCE, 2], t) as never);
  }
  return state;
}

function goOn(checked: Checked, fork: World, step: number, expected: readonly Frame[]): string | undefined {
  const random = new CounterRandom(1);
  for (let t = step; t - step + 1 < expected.length; t++) {
    const result = fork.step(randomActions(fork.actionSpace, random, [SOURCE, 5, SOURCE], t) as never);
    for (const place of [2, 0]) {
      const found = difference(frameOf(fork, result, place), expected[t - step + 1]);
      if (found) return `${complaint(checked, { episode: SOURCE, step: t + 1 }, found)}, going on from a snapshot of step ${step}`;
    }
  }
  return undefined;
}
