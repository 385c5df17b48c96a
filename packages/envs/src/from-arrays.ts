/** Demonstrations from arrays by name, for those who have data but no expert. */
import { type LeafSpace, type LeafValues, leafArray, leafSize, leafValues, leavesOf, type Space } from '@coxswain/base';
import type { ObservationViews } from './definition.js';
import { EnvError, LONGEST_HORIZON } from './errors.js';
import { type RecordedSpaces, RecordedTrajectories } from './recorded.js';
import type { Trajectories } from './trajectories.js';
import { ValueAccess } from './values.js';

/** An array as a file of safetensors gives it. */
export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** What demonstrations from arrays are read as. */
export interface ArraySpaces<O extends Space, A extends Space> extends RecordedSpaces<O, A> {
  readonly events: readonly string[];
}

/**
 * Episodes from arrays: `observation` `[N, T+1, …]` (a record's leaves by name: `observation.position`), `action`
 * `[N, T, …]`, `length` `[N]`, and where they are known `event` and `goal` `[N, T]`. What is after an episode's end
 * is not read.
 * @param views of the world that they come from, so that they can be turned and what follows be predicted.
 * @throws EnvError `bad-demonstrations` for arrays that are missing, ragged, not finite or out of their space.
 */
export function trajectoriesFromArrays<O extends Space, A extends Space>(
  arrays: ReadonlyMap<string, NamedArray>,
  spaces: ArraySpaces<O, A>,
  views: ObservationViews<O, A> = {},
): RecordedTrajectories<O, A> {
  const [count] = shapeOf(arrays, 'length', 1);
  const [firstAction] = leavesOf(spaces.action).map(({ path }) => nameOf('action', path));
  const [, horizon] = shapeOf(arrays, firstAction, 2);
  if (!(count >= 1)) throw refuse('length', `no episodes`, 'at least one');
  if (!(horizon >= 1 && horizon <= LONGEST_HORIZON)) throw refuse(firstAction, `${horizon} steps`, `1 to ${LONGEST_HORIZON}`);
  const size = { count, horizon };
  const length = lengthsOf(arrays, size);
  const unknown = Array.from(arrays.keys()).find((name) => !isKnown(name, spaces));
  if (unknown !== undefined)
    throw refuse(unknown, 'an array of a name unknown here', 'observation, action, length, event, goal and their parts');
  const recording = {
    ...{ count, horizon, length },
    observation: valuesOf(arrays, { space: spaces.observation, what: 'observation', steps: horizon + 1 }, length),
    action: valuesOf(arrays, { space: spaces.action, what: 'action', steps: horizon }, length),
    event: labelsOf(arrays, 'event', { ...size, length, events: spaces.events }),
    goal: labelsOf(arrays, 'goal', { ...size, length, events: spaces.events }),
  };
  return new RecordedTrajectories(recording, spaces, views);
}

const nameOf = (what: string, path: string): string => (path === '' ? what : `${what}.${path}`);

/** Sides of one value. */
const sidesOf = (space: LeafSpace): readonly number[] => (space.kind === 'box' ? space.shape : space.kind === 'rows' ? [space.slots] : []);

function refuse(name: string, value: string, expected: string): EnvError {
  return new EnvError('bad-demonstrations', `demonstrations, array ${name}: ${value}`, expected, 'correct the file');
}

function isKnown(name: string, { observation, action }: RecordedSpaces<Space, Space>): boolean {
  if (['length', 'event', 'goal'].includes(name)) return true;
  const named = (what: string, space: Space) => leavesOf(space).some(({ path }) => nameOf(what, path) === name);
  return named('observation', observation) || named('action', action);
}

function arrayOf(arrays: ReadonlyMap<string, NamedArray>, name: string): NamedArray {
  const array = arrays.get(name);
  if (!array) throw refuse(name, 'missing', `an array ${name}; there are ${Array.from(arrays.keys()).join(', ') || 'none'}`);
  const size = array.shape.reduce((product, side) => product * side, 1);
  if (array.data.length !== size) throw refuse(name, `${array.data.length} numbers`, `${size} for shape [${array.shape.join(', ')}]`);
  return array;
}

/** The first sides of an array. */
function shapeOf(arrays: ReadonlyMap<string, NamedArray>, name: string, sides: number): readonly number[] {
  const { shape } = arrayOf(arrays, name);
  if (shape.length < sides) throw refuse(name, `shape [${shape.join(', ')}]`, `at least ${sides} sides`);
  return shape.slice(0, sides);
}

function requireShape(name: string, { shape }: NamedArray, expected: readonly number[]): void {
  if (shape.length !== expected.length || shape.some((side, i) => side !== expected[i]))
    throw refuse(name, `shape [${shape.join(', ')}]`, `[${expected.join(', ')}]`);
}

interface Size {
  readonly count: number;
  readonly horizon: number;
}

function lengthsOf(arrays: ReadonlyMap<string, NamedArray>, { count, horizon }: Size): Uint16Array {
  const array = arrayOf(arrays, 'length');
  requireShape('length', array, [count]);
  const wrong = Array.from(array.data).findIndex((steps) => !(Number.isInteger(steps) && steps >= 1 && steps <= horizon));
  if (wrong >= 0) throw refuse('length', `${array.data[wrong]} steps of episode ${wrong}`, `an integer from 1 to ${horizon}`);
  return Uint16Array.from(array.data);
}

interface Part {
  readonly space: Space;
  readonly what: 'observation' | 'action';
  /** Values of an episode: T+1 or T. */
  readonly steps: number;
}

function valuesOf(arrays: ReadonlyMap<string, NamedArray>, { space, what, steps }: Part, length: Uint16Array): LeafValues[] {
  return leavesOf(space).map((leaf) => {
    const name = nameOf(what, leaf.path);
    const array = arrayOf(arrays, name);
    requireShape(name, array, [length.length, steps, ...sidesOf(leaf.space)]);
    const size = leafSize(leaf.space);
    const access = new ValueAccess(leaf.space, name);
    const values = leafArray(leaf.space, length.length * steps);
    length.forEach((taken, episode) => {
      const real = what === 'observation' ? taken + 1 : taken;
      for (let step = 0; step < real; step++) {
        const at = episode * steps + step;
        const value = leaf.space.kind === 'discrete' ? array.data[at] : Array.prototype.slice.call(array.data, at * size, (at + 1) * size);
        // Actions may have been recorded before a world clipped them.
        const mismatch = access.write([values], at, value, what === 'observation');
        if (mismatch) throw refuse(name, `${mismatch.given} in episode ${episode}, step ${step}`, mismatch.expected);
      }
    });
    return values;
  });
}

function labelsOf(
  arrays: ReadonlyMap<string, NamedArray>,
  name: 'event' | 'goal',
  { count, horizon, length, events }: Size & { readonly length: Uint16Array; readonly events: readonly string[] },
): Int16Array | undefined {
  if (!arrays.has(name)) return undefined;
  const array = arrayOf(arrays, name);
  requireShape(name, array, [count, horizon]);
  const labels = new Int16Array(count * horizon).fill(name === 'event' ? -1 : 0);
  length.forEach((taken, episode) => {
    for (let step = 0; step < taken; step++) {
      const label = array.data[episode * horizon + step];
      if (!Number.isInteger(label) || label < -1 || label >= events.length)
        throw refuse(name, `${label} in episode ${episode}, step ${step}`, `−1 or an event from 0 to ${events.length - 1}`);
      labels[episode * horizon + step] = label;
    }
  });
  return labels;
}

/** An array to be written. */
interface LeafArray extends NamedArray {
  readonly data: LeafValues;
}

/** The inverse: all episodes as arrays by name, observations, actions and labels as they are kept in a file. */
export function arraysFromTrajectories(trajectories: Trajectories): Map<string, LeafArray> {
  const { count, horizon, length, event, goal, observationSpace, actionSpace } = trajectories;
  const all = Uint32Array.from({ length: count }, (_, i) => i);
  const named = (what: string, space: Space, values: unknown, steps: number): (readonly [string, LeafArray])[] =>
    leavesOf(space).map((leaf, i) => {
      const shape = [count, steps, ...sidesOf(leaf.space)];
      return [nameOf(what, leaf.path), { shape, data: leafValues(space, values)[i] as LeafValues }];
    });
  const label = (name: string, data: Int16Array | undefined): (readonly [string, LeafArray])[] =>
    data ? [[name, { shape: [count, horizon], data: Int32Array.from(data) }]] : [];
  return new Map([
    ...named('observation', observationSpace, trajectories.observe(all, horizon), horizon + 1),
    ...named('action', actionSpace, trajectories.actions(all, horizon), horizon),
    ['length', { shape: [count], data: Int32Array.from(length) }],
    ...label('event', event),
    ...label('goal', goal),
  ]);
}
