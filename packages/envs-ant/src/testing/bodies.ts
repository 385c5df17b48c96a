import { CounterRandom } from '@coxswain/envs';
import type { AntEngine } from '../engine.js';
import { type AntState, beginEpisodes } from '../field.js';
import type { Physics } from '../physics.js';
import { antSettings } from '../settings.js';

export const settings = antSettings.parse({});

/** Episode `episode` of a seed at its start. */
export function beginning(seed: number, episode = 0, given = settings): AntState {
  const random = new CounterRandom(seed);
  random.seek(0, episode);
  return beginEpisodes(given)(random);
}

/** Torques of a step, a function of step and body alone. */
export const torquesAt = (step: number, body = 0): number[] => {
  const random = new CounterRandom(body);
  random.seek(1, step);
  return Array.from({ length: 8 }, () => 2 * random.uniform() - 1);
};

/** Physics that keeps the states it made. */
export function recorded(engine: AntEngine): Physics & { readonly made: Float64Array[] } {
  const made: Float64Array[] = [];
  return {
    made,
    advance(from, torques, to) {
      engine.advance(from, torques, to);
      made.push(to.slice());
    },
  };
}

/** Physics of a body that is put where one says: the other numbers stay. */
export function puppet(): Physics & { place(body: number, numbers: Readonly<Record<number, number>>): void } {
  const places = new Map<number, Readonly<Record<number, number>>>();
  return {
    place: (body, numbers) => void places.set(body, numbers),
    advance(from, _, to) {
      from.forEach((state, i) => {
        const next = to.subarray(i * state.length, (i + 1) * state.length);
        next.set(state);
        for (const [at, value] of Object.entries(places.get(i) ?? {})) next[Number(at)] = value;
      });
    },
  };
}

/** A body in a turned or mirrored world. */
export function turnedBody(body: Float64Array, k: number): Float64Array {
  const out = body.slice();
  if (k >= 4) {
    for (const at of [0, 15]) out[at] = -out[at];
    for (const at of [5, 6, 19, 20]) out[at] = -out[at];
    for (const from of [7, 21]) for (const [i, joint] of [2, 3, 0, 1, 6, 7, 4, 5].entries()) out[from + i] = -body[from + joint];
  }
  for (let turn = 0; turn < k % 4; turn++) {
    for (const at of [0, 15]) [out[at], out[at + 1]] = [-out[at + 1], out[at]];
    const [w, x, y, z] = out.slice(3, 7);
    out.set(
      [w - z, x - y, y + x, z + w].map((value) => value * Math.SQRT1_2),
      3,
    );
  }
  return out;
}
