import { CounterRandom } from '@coxswain/base';
import { requireInteger, requireLength } from '../errors.js';
import { WORLD_STREAM } from '../streams.js';
import { type ColourSequence, shownStarts, shownTransitions } from './tasks.js';

/** Colours entered by each episode, in order. */
export type Touched = {
  /** `[B, steps]` colours, −1 after the last. */
  readonly colour: Int16Array;
  /** `[B]` how many. */
  readonly count: Uint16Array;
  readonly steps: number;
};

/** Episodes as their observations show them: no task, subgoal or reward. */
export type VisiblePaths = {
  /** `[B, cells]`. */
  readonly layout: Uint8Array;
  /** `[B, steps+1]` cells, the final one included. */
  readonly position: ArrayLike<number>;
  /** `[B]` steps of each episode. */
  readonly length: ArrayLike<number>;
  /** Columns of `position`, less one. */
  readonly steps: number;
};

/**
 * The colours that each episode visited, read off layouts and positions alone: a coloured cell entered from another
 * cell. The last one is entered at the final position, so positions have to include it.
 * @throws EnvError `bad-shape`.
 */
export function touchedColours({ layout, position, length, steps }: VisiblePaths, colours: number): Touched {
  const found = touchSteps({ layout, position, length, steps }, colours);
  const cells = layout.length / found.length;
  const colour = new Int16Array(found.length * steps).fill(-1);
  found.forEach((touches, i) => {
    touches.forEach((t, k) => {
      colour[i * steps + k] = layout[i * cells + position[i * (steps + 1) + t]] - 1;
    });
  });
  const count = Uint16Array.from(found, (touches) => touches.length);
  return { colour, count, steps };
}

/**
 * The observations of each episode at which a coloured cell had just been entered, by their step (1 and up; `steps`
 * counts moves).
 * @throws EnvError `bad-shape`.
 */
export function touchSteps({ layout, position, length, steps }: VisiblePaths, colours: number): number[][] {
  const size = length.length;
  requireLength('position', position.length, size * (steps + 1));
  const cells = layout.length / size;
  return Array.from({ length: size }, (_, i) => {
    const found: number[] = [];
    for (let t = 1; t <= length[i]; t++) {
      const cell = position[i * (steps + 1) + t];
      const content = layout[i * cells + cell];
      if (cell !== position[i * (steps + 1) + t - 1] && content > 0 && content <= colours) found.push(t);
    }
    return found;
  });
}

export type Partners = {
  /** `[B]` the episode that stands in for each, within the batch. */
  readonly partner: Uint32Array;
  /** Episodes that touched something that no other one of the batch did: each is its own partner. */
  readonly alone: number;
  /** Different sequences in the batch. */
  readonly groups: number;
};

/**
 * For each episode of a batch another one that touched the same colours in the same order, in another layout: the
 * members of a group in random order, each given the next, the last the first. A function of the episodes, the seed and
 * the step alone.
 */
export function assignPartners({ colour, count, steps }: Touched, seed: number, step: number): Partners {
  const groups = new Map<string, number[]>();
  for (let i = 0; i < count.length; i++) {
    const key = colour.subarray(i * steps, i * steps + count[i]).join();
    const group = groups.get(key);
    if (group) group.push(i);
    else groups.set(key, [i]);
  }
  const random = new CounterRandom(seed);
  random.seek(WORLD_STREAM.partner, step);
  const partner = new Uint32Array(count.length);
  let alone = 0;
  for (const group of groups.values()) {
    const order = Uint32Array.from(group);
    random.shuffle(order);
    for (let i = 0; i < order.length; i++) partner[order[i]] = order[(i + 1) % order.length];
    if (group.length === 1) alone++;
  }
  return { partner, alone, groups: groups.size };
}

export type Obedience = {
  /** Share of all episodes that made the visits looked at, and by shown transitions only. */
  readonly obeying: number;
  /** Share that made all the visits looked at. */
  readonly complete: number;
  /** Share that made a transition (or a first visit) that the tasks do not show. */
  readonly violating: number;
};

/**
 * How far behaviour keeps to what the tasks show: of each episode the first `visits` visits, the first of which has to
 * be a colour that some task begins with, and each next one a transition that some task shows.
 */
export function obeysTransitions(touched: Touched, tasks: readonly ColourSequence[], colours: number, visits: number): Obedience {
  requireInteger('visits', visits, 1);
  const shown = shownTransitions(tasks, colours);
  const starts = shownStarts(tasks, colours);
  const size = touched.count.length;
  let obeying = 0;
  let complete = 0;
  let violating = 0;
  for (let i = 0; i < size; i++) {
    const seen = Math.min(visits, touched.count[i]);
    let allowed = true;
    for (let v = 0; v < seen; v++) {
      const colour = touched.colour[i * touched.steps + v];
      if (v === 0 ? !starts[colour] : !shown[touched.colour[i * touched.steps + v - 1] * colours + colour]) allowed = false;
    }
    if (seen === visits) complete++;
    if (!allowed) violating++;
    else if (seen === visits) obeying++;
  }
  return { obeying: obeying / size, complete: complete / size, violating: violating / size };
}
