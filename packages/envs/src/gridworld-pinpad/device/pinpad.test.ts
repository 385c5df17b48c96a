/** The world on a device against the world on the host: the same episodes, to the bit. */
import { CounterRandom } from '@coxswain/base';
import type { Device } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  allocentric,
  Expert,
  egocentric,
  GRID_MINI,
  type GridSize,
  GridworldPinpad,
  LayoutSampler,
  PAPER_PAIRS,
  parseTask,
  WORLD_STREAM,
} from '../../index.js';
import { DevicePinpad, type DevicePinpadSettings } from './pinpad.js';

let device: Device;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => device.close());

const CRAMPED: GridSize = { size: 3, colours: 3, walls: 2 };
const worlds: [string, Omit<DevicePinpadSettings, 'environments'>, number, number][] = [
  ['grid-mini', { world: GRID_MINI.world, tasks: ['0123', '3012'], horizon: 48 }, 4000, 0],
  ['grid-mini, the whole grid seen', { world: GRID_MINI.world, tasks: ['01230123'], horizon: 20, observation: 'allocentric' }, 1000, 7],
  ['grid-paper', { world: PAPER_PAIRS.world, tasks: PAPER_PAIRS.pretraining, horizon: 60 }, 3000, 2 ** 32 - 1500],
  ['grid-paper, the whole grid seen', { world: PAPER_PAIRS.world, tasks: ['0246'], horizon: 30, observation: 'allocentric' }, 500, 0],
  ['a cramped world, where most draws have no solution', { world: CRAMPED, tasks: ['012', '20'], horizon: 12 }, 1000, 2 ** 33 + 5],
  ['a world without tasks', { world: GRID_MINI.world, tasks: 'free', horizon: 10 }, 500, 3],
];
const SEED = 2 ** 40 + 12345;

/** Both worlds at the beginning of the same episodes. */
function both(settings: Omit<DevicePinpadSettings, 'environments'>, environments: number, firstEpisode: number) {
  const space = (settings.observation === 'allocentric' ? allocentric : egocentric)(settings.world);
  const host = new GridworldPinpad({ ...settings, environments, observation: space });
  const start = host.reset(SEED, { firstEpisode });
  const world = new DevicePinpad(device, { ...settings, environments });
  world.seed(SEED, firstEpisode);
  world.begin();
  return { host, start, world };
}

describe.each(worlds)('%s', (_, settings, environments, first) => {
  it('begins, moves, ends and is seen as on the host', async () => {
    using _scope = device.scope();
    const { host, start, world } = both(settings, environments, first);
    const { cells } = new LayoutSampler(settings.world);
    const [layout] = await device.read([world.layout]);
    expect(Buffer.compare(Buffer.from(Uint8Array.from(layout)), Buffer.from(host.layout))).toBe(0);
    expect(layout).toHaveLength(environments * cells);
    const random = new CounterRandom(5);
    let observation = start.observation.slice();
    let { info } = start;
    let over = new Uint8Array(environments);
    const [clock, counts] = [device.tensor(new Uint32Array(1)), device.tensor(new Uint32Array(settings.horizon))];
    const everyone = device.tensor(Uint32Array.from({ length: environments }, (_, i) => i));
    for (let t = 0; t < settings.horizon; t++) {
      const indices = world.observe(everyone);
      clock.write(Uint32Array.of(t));
      const listed = world.running(environments, clock, counts);
      const [seen, agents, episode, place, running] = await device.read([indices, world.agents, listed.episode, listed.place, counts]);
      const live = [...over.keys()].filter((i) => !over[i]);
      expect(running[t]).toBe(live.length);
      expect([...episode.subarray(0, live.length)]).toEqual(live);
      expect([...place.subarray(0, live.length)]).toEqual(live.map((i) => i * settings.horizon + t));
      expect(episode.subarray(live.length).every((value) => value === 0xffffffff)).toBe(true);
      const record = (field: number) => Array.from(info.mask, (_, i) => agents[4 * i + field]);
      expect(record(0)).toEqual([...info.position]);
      expect(record(1)).toEqual([...info.length]);
      expect(record(2)).toEqual([...info.progress]);
      expect(record(3).map((flags) => flags >>> 16)).toEqual([...info.task]);
      const slots = world.slots;
      for (const i of live)
        expect([...seen.subarray(i * slots, (i + 1) * slots)]).toEqual([...observation.subarray(i * slots, (i + 1) * slots)]);
      const actions = Int32Array.from({ length: environments }, () => random.below(4));
      world.step(everyone, device.tensor(actions));
      const step = host.step(actions);
      ({ info } = step);
      observation = step.observation.slice();
      const [after] = await device.read([world.agents]);
      const flags = Array.from(info.mask, (_, i) => after[4 * i + 3]);
      expect(flags.map((value) => value & 1)).toEqual([...step.terminated]);
      expect(flags.map((value) => (value >> 1) & 1)).toEqual([...step.truncated]);
      expect(flags.map((value) => (value >> 2) & 1)).toEqual([...info.success]);
      expect(flags.map((value) => ((value >> 8) & 0xff) - 1)).toEqual([...info.visited]);
      over = step.terminated.map((ended, i) => ended | step.truncated[i]);
    }
    const [taken] = await device.read([world.taken]);
    expect(taken.every((move) => move >= 0 && move < 4)).toBe(true);
    world.dispose();
  });
});
describe.each(worlds.filter(([, { tasks }]) => tasks !== 'free'))('the expert of %s', (_, settings, environments, first) => {
  it.each([
    ['without noise', 0, 'random'],
    ['with noise', 0.1, 'random'],
    ['that breaks ties by order', 0.02, 'first'],
    ['all noise', 1, 'random'],
  ] as const)('plays as on the host %s', async (_, epsilon, ties) => {
    using _scope = device.scope();
    const { host, start, world } = both(settings, environments, first);
    const { track, outcome } = world.expert(epsilon, ties);
    const [tracks, outcomes] = await device.read([track, outcome]);
    const { world: sizes, horizon } = settings;
    const tasks = (settings.tasks as string[]).map((task) => parseTask(task, sizes.colours));
    const expert = new Expert(sizes, epsilon, ties);
    const random = new CounterRandom(SEED);
    const cells = sizes.size ** 2;
    const wanted = new Uint32Array(tracks.length);
    const ends = new Uint32Array(environments);
    for (let n = 0; n < environments; n++) {
      expert.plan(host.layout.subarray(n * cells, (n + 1) * cells));
      random.seek(WORLD_STREAM.expert, first + n);
      const task = tasks[start.info.task[n]];
      let cell = start.info.position[n];
      let [t, progress, lost] = [0, 0, false];
      for (; t < horizon && progress < task.length && !lost; t++) {
        const move = expert.sample(cell, task[progress], random);
        wanted[n * (horizon + 1) + t] = cell | (move << 16) | (task[progress] << 18);
        const visited = expert.visits(cell, move);
        cell = expert.next(cell, move);
        if (visited === task[progress]) progress++;
        else lost = visited >= 0;
      }
      wanted.fill(cell, n * (horizon + 1) + t, (n + 1) * (horizon + 1));
      ends[n] = t + (progress === task.length ? 2 ** 31 : 0);
    }
    expect([...outcomes]).toEqual([...ends]);
    expect(Buffer.compare(Buffer.from(tracks.buffer), Buffer.from(wanted.buffer))).toBe(0);
    world.dispose();
  });
});

describe('settings', () => {
  const good: DevicePinpadSettings = { world: GRID_MINI.world, tasks: ['0123'], horizon: 48, environments: 4 };
  it.each<[string, Partial<DevicePinpadSettings>, string]>([
    ['a grid too large for a kernel', { world: { size: 33, colours: 4, walls: 0 } }, 'world.size is 33'],
    ['no horizon', { horizon: 0 }, 'horizon is 0'],
    ['no environments', { environments: 0 }, 'environments is 0'],
    ['no tasks', { tasks: [] }, 'number of tasks is 0'],
    ['a colour that is not there', { tasks: ['04'] }, 'colour 4'],
    ['more objects than cells', { world: { size: 2, colours: 4, walls: 0 } }, '5 cells'],
  ])('refuses %s', (_, change, message) => {
    expect(() => new DevicePinpad(device, { ...good, ...change })).toThrow(message);
  });

  it('has no expert where there are no tasks', () => {
    const world = new DevicePinpad(device, { ...good, tasks: 'free' });
    expect(() => world.expert(0)).toThrow('without tasks');
    world.dispose();
  });
});

it.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses seed and episode %s, whose bits would be cut off', (value) => {
  const world = new DevicePinpad(device, { world: GRID_MINI.world, tasks: ['01'], horizon: 8, environments: 2 });
  expect(() => world.seed(value)).toThrow(`seed ${value}`);
  expect(() => world.seed(1, value)).toThrow(`episode ${value}`);
  world.dispose();
});
