import type { Checkpoint } from '@coxswain/lab';
import { expect, test } from 'vitest';
import { placeOf, type StartSettings, Starts, updatesOf } from './starts.js';

const settings: StartSettings = { starts: 3, startSteps: 4, steps: 10 };

/** A trainee whose whole state is one number that each update raises by one. */
function toy() {
  const state = { value: 0 };
  const bytes = () => Uint8Array.of(state.value);
  const starts = () =>
    new Starts(settings, {
      begin: (start) => {
        state.value = 100 * start;
      },
      save: async () => ({ state: bytes() }),
      load: ({ state: saved }) => {
        state.value = saved[0];
      },
    });
  return { state, starts };
}

/** Runs to `until`, with a resumed `Starts` from the snapshot at `stop`. */
async function run(losses: readonly number[], stop = -1): Promise<{ places: string[]; value: number; best: number | undefined }> {
  const { state, starts } = toy();
  let at = starts();
  const places: string[] = [];
  for (let done = 0; done < updatesOf(settings); ) {
    if (done === stop) {
      const { files, extra } = at.snapshot();
      at = starts();
      at.restore({ extra: JSON.parse(JSON.stringify(extra)), read: (name: string) => files[name] } as unknown as Checkpoint);
    }
    const { start, step } = await at.before(done);
    places.push(`${start}.${step}`);
    state.value++;
    done++;
    if (at.endsAt(done)) await at.ended(done, losses[done / settings.startSteps - 1]);
  }
  return { places, value: state.value, best: at.best };
}

test('each start has its steps, then one of them the rest', async () => {
  expect(updatesOf(settings)).toBe(18);
  const { places } = await run([1, 2, 3]);
  expect(places.join(' ')).toBe('0.0 0.1 0.2 0.3 1.0 1.1 1.2 1.3 2.0 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 2.9');
  expect(placeOf({ ...settings, starts: 1 }, 7)).toEqual({ start: 0, step: 7 });
});

test.each([
  [[1, 2, 3], 0, 10],
  [[2, 1, 3], 1, 110],
  [[3, 2, 1], 2, 210],
  [[Number.NaN, 2, Number.NaN], 1, 110],
  [[1, 1, 1], 0, 10],
])('losses %j: start %i goes on', async (losses, best, value) => {
  expect(await run(losses)).toMatchObject({ best, value });
  for (let stop = 0; stop < updatesOf(settings); stop++) expect(await run(losses, stop)).toMatchObject({ best, value });
});

test('one start is never measured against another', async () => {
  const { starts } = toy();
  void starts;
  const one = new Starts({ ...settings, starts: 1 }, { begin: () => {}, save: async () => ({}), load: () => {} });
  for (let done = 0; done <= 10; done++) expect(one.endsAt(done)).toBe(false);
});
