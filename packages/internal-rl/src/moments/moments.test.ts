import '../testing/house.js';
import { firstOf, type GridTrajectories, gather, touchSteps, withFinalObservation } from '@coxswain/envs';
import { type Base, demonstrations, makeBase, NoMomentsError, resolve } from '@coxswain/lab';
import { noGrad } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { spaceTensors, writeValues } from '@coxswain/transformer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gridOf } from '../grid/needs.js';
import { frozenController, makeController } from '../phases/controller.js';
import { discoveryBatch } from '../phases/discovery-data.js';
import { Chain } from './chain.js';
import { findOrigin } from './find-origin.js';
import { JumpMoments, jumpsOf, RandomMoments, TouchMoments } from './moments.js';
import { shareShown } from './step-table.js';

const SMALL = ['model.width=16', 'model.depth=2', 'model.heads=2', 'model.mlp=32', 'metacontroller.rank=4', 'metacontroller.switchBias=0'];
const config = resolve('grid-mini', [...SMALL, 'discover.momentRule=share', 'discover.momentShare=0.4']);
const data = demonstrations(config, 'training', 1, 300, config.discover);
const ignore = async () => {};

let device: Awaited<ReturnType<typeof requestDevice>>;
let base: Base;
beforeAll(async () => {
  device = await requestDevice();
  base = makeBase(device, config, 1, false);
});
afterAll(() => {
  base.dispose();
  expect(device.live).toBe(0);
  device.close();
});

/** In 64 bits, from the residual as the device has it: of each step how far the normalised residual moves. */
async function onHost(layer: number, episode: number): Promise<number[]> {
  using _scope = device.scope();
  const { width } = base.model.config;
  const part = gather(data, [episode]);
  const time = part.steps + 1;
  const residual = noGrad(() => {
    const indices = spaceTensors(device, base.model.config.observation, time);
    writeValues(indices, withFinalObservation(part));
    return base.model.blocks(base.model.embed(indices), { batch: 1, time }, 0, layer);
  });
  const e = [...(await residual.read())];
  const normalised = Array.from({ length: time }, (_, t) => {
    const row = e.slice(t * width, (t + 1) * width);
    const mean = row.reduce((a, b) => a + b, 0) / width;
    const deviation = Math.sqrt(row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / width + 1e-5);
    return row.map((x) => (x - mean) / deviation);
  });
  return Array.from({ length: time - 1 }, (_, t) => Math.hypot(...normalised[t + 1].map((x, j) => x - normalised[t][j])));
}

describe('jumps', () => {
  it.each([0, 1, 2])('after block %i are those of a computation in 64 bits, among others of any length', async (layer) => {
    const jumps = await jumpsOf(base, layer, data, ignore);
    for (const episode of [0, 7, 299]) {
      const expected = await onHost(layer, episode);
      expect(jumps[episode].length).toBe(data.length[episode]);
      for (const [t, jump] of jumps[episode].entries()) expect(jump / expected[t]).toBeCloseTo(1, 4);
    }
  });

  it('are the same numbers when they are made again, and tell how far they are', async () => {
    const heard: [number, number][] = [];
    const first = await jumpsOf(base, 2, data, async (...told) => void heard.push(told));
    expect(await jumpsOf(base, 2, data)).toEqual(first);
    expect(heard).toEqual([
      [250, 300],
      [300, 300],
    ]);
  });

  it('from a threshold on are moments, and the last step always is', async () => {
    const jumps = await jumpsOf(base, 2, data);
    const threshold = 1.0000001 * jumps[3][1];
    const table = await new JumpMoments(base, 2, threshold).of(data);
    for (let i = 0; i < data.count; i++) {
      const expected = [...jumps[i]].flatMap((jump, t) => (jump >= threshold || t + 1 === data.length[i] ? [t + 1] : []));
      expect([...table.at(i)]).toEqual(expected);
    }
    expect([...table.at(3)]).not.toContain(2);
  });

  it('take the layer of the embedder, or the one that is asked for', async () => {
    const find = (momentLayer: number) => {
      const asked = { ...config, discover: { ...config.discover, momentLayer } };
      return findOrigin('jumps', base, asked, 1, data, ignore);
    };
    expect(config.metacontroller.embedderLayer).toBe(2);
    expect(await find(-1)).toEqual(await find(2));
    expect((await find(1)).origin).toMatchObject({ kind: 'jumps', layer: 1 });
  });
});

it('a base whose jumps are of one kind is refused, with how far apart they are at each of its layers', async () => {
  const asked = { ...config, discover: { ...config.discover, momentRule: 'mixture' as const } };
  const refused = await findOrigin('jumps', base, asked, 1, data, ignore).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(NoMomentsError);
  const { message, remedy } = refused as NoMomentsError;
  expect(message).toContain('has no jumps to speak of');
  const [, ...apart] = /apart: 0: (\d\.\d\d), 1: (\d\.\d\d), 2: (\d\.\d\d)\.$/.exec(remedy ?? '') ?? [];
  expect(apart.map(Number)[2]).toBeLessThan(2);
});

it('random moments are as many as jumps would be, at other steps, and the same whenever they are drawn', async () => {
  const [jumps, random] = await Promise.all((['jumps', 'random'] as const).map((view) => findOrigin(view, base, config, 5, data, ignore)));
  const { origin } = random;
  if (jumps.origin.kind !== 'jumps' || origin.kind !== 'random') throw new Error('another rule than was asked for');
  const shown = await new JumpMoments(base, 2, jumps.origin.threshold).of(data);
  expect(origin.share).toBe(shareShown(shown, data));
  const table = await new RandomMoments(origin.share, origin.seed).of(data);
  expect(Math.abs(shareShown(table, data) - origin.share)).toBeLessThan(0.05);
  expect(await new RandomMoments(origin.share, origin.seed).of(firstOf(data, data.count))).toEqual(table);
  expect(table).not.toEqual(shown);
  for (let i = 0; i < data.count; i++) expect(table.at(i).at(-1)).toBe(data.length[i]);
});

it('touches are those of the view', async () => {
  const table = await new TouchMoments('gridworld-pinpad').of(data);
  const { layout, position, length, horizon } = (data as GridTrajectories).episodes;
  const expected = touchSteps({ layout, position, length, steps: horizon }, gridOf(config).colours);
  expect(expected.map((_, i) => [...table.at(i)])).toEqual(expected);
});

it('a controller’s switch shows the next one where it opened, and a chain that is read from its tensors shows the same', async () => {
  const make = (tensors: Parameters<typeof frozenController>[3]) => frozenController(device, config, base, tensors, 'a stage');
  const trained = makeController(device, config, base, 3);
  const { origin } = await findOrigin('jumps', base, config, 1, data, ignore);
  const chain = new Chain({ base, config, make }, origin);
  const before = await chain.moments.of(data);
  chain.add(await trained.store.save());
  const shown = await chain.moments.of(data);
  expect(shown).not.toEqual(before);
  for (let i = 0; i < data.count; i++) {
    expect(shown.at(i).at(-1)).toBe(data.length[i]);
    expect(shown.at(i)[0]).toBeGreaterThan(0);
  }
  const opened = shareShown(shown, data);
  expect(opened).toBeGreaterThan(0.02);
  expect(opened).toBeLessThan(0.98);
  const again = new Chain({ base, config, make }, origin, [await trained.store.save()]);
  expect(await again.moments.of(data)).toEqual(shown);
  const found = await chain.switchesOf(trained).of(data);
  const traces = await chain.traces(trained, data, 7);
  expect(traces.map(({ title }) => title)).toEqual([0, 1, 2, 3, 4, 5].map((i) => `seed 7, episode ${i}`));
  const moved = await jumpsOf(base, 2, firstOf(data, 6));
  for (const [i, { subgoals, jumps, stages }] of traces.entries()) {
    expect(subgoals).toEqual([...(data.goal as Int16Array).subarray(i * data.horizon, i * data.horizon + data.length[i])]);
    expect(jumps?.values).toEqual([...moved[i]]);
    const [first, second, third] = [before, shown, found].map((table) => [...table.at(i)]);
    expect(stages).toEqual([
      { shown: first, opened: second },
      { shown: second, opened: third },
    ]);
  }
  for (const part of [chain, again, trained]) part.dispose();
});

it('a batch shows the moments of its own episodes, turned or as they were', async () => {
  const table = await new RandomMoments(0.4, 1).of(data);
  const episodes = gather(data, [12, 250, 12]);
  const of = (symmetry: boolean) => discoveryBatch(base.world, episodes, 'jumps', 1, 0, { moments: table, symmetry }).batch;
  expect(of(true).viewSteps?.map((steps) => Array.from(steps))).toEqual([12, 250, 12].map((i) => [...table.at(i)]));
  expect(of(false).viewObservation).toEqual(of(false).observation);
  expect(of(true).viewObservation).not.toEqual(of(true).observation);
  expect(() => discoveryBatch(base.world, episodes, 'jumps', 1, 0)).toThrow(/says of no moment/);
});
