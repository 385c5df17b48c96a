/**
 * Actions to try a world with: a function of episode and step alone, so that it does not matter which other episodes
 * are played.
 */
import { type CounterRandom, fromLeaves, type LeafSpace, leafArrays, leafSize, leavesOf, type Space, type Values } from '@coxswain/base';
import { LONGEST_HORIZON } from '../errors.js';
import { WORLD_STREAM } from '../streams.js';

/** One number of an action, evenly over what its leaf may hold. */
function draw(space: LeafSpace, random: CounterRandom): number {
  if (space.kind === 'discrete') return random.below(space.count);
  if (space.kind === 'rows') return random.below(space.rows);
  if (space.type === 'u8') return random.below(256);
  const low = space.low ?? (space.high === undefined ? -1 : space.high - 2);
  return low + random.uniform() * ((space.high ?? low + 2) - low);
}

/** Random actions of step `step` for the given episodes. */
export function randomActions<A extends Space>(space: A, random: CounterRandom, episodes: ArrayLike<number>, step: number): Values<A> {
  const leaves = leavesOf(space);
  const arrays = leafArrays(space, episodes.length);
  for (let i = 0; i < episodes.length; i++) {
    random.seek(WORLD_STREAM.step, episodes[i] * (LONGEST_HORIZON + 1) + step);
    leaves.forEach((leaf, at) => {
      const size = leafSize(leaf.space);
      for (let k = 0; k < size; k++) arrays[at][i * size + k] = draw(leaf.space, random);
    });
  }
  return fromLeaves(space, arrays);
}
