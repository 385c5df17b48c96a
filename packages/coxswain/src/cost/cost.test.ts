import fs from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gridworldPinpad } from '@coxswain/envs/device';
import { KINDS, probe, resolve, type Work, type WorkKind } from '@coxswain/lab';
import { type Device, dryDevice } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../command/main.js';
import { PHASES } from '../lists.js';
import { calibrateSharing } from './calibrate.js';
import { fitCost, fitRates, fitSlowed, type Rates, secondsOf, slowed, type Timed } from './fit.js';
import { ISOLATED, timeIsolated } from './isolated.js';
import { isProbed, phaseCost } from './project.js';
import { readCostResults } from './results.js';
import { costFolder, readCostModel, writeCostModel } from './stored.js';

const RATES: Rates = {
  dispatches: 1e-4,
  products: 3e-11,
  attention: 6e-11,
  recurrence: 0,
  recurrenceByRows: 8e-11,
  recurrenceOfAnyWidth: 2e-10,
  cache: 4e-11,
  memory: 2e-11,
  uploads: 2e-9,
};

const YARDSTICK = 0.03;

/** What the yardstick is to take, where a test says so. */
const speed = vi.hoisted((): { taken?: number } => ({}));
vi.mock('../../../lab/src/cost/yardstick.js', async (original) => {
  const real = await original<Pick<typeof import('@coxswain/lab'), 'yardstick' | 'openYardstick'>>();
  const scripted = { run: async () => speed.taken, dispose() {} };
  return {
    yardstick: async (devices: readonly Device[]) => speed.taken ?? real.yardstick(devices, 0.05),
    openYardstick: async (devices: readonly Device[]) => (speed.taken ? scripted : real.openYardstick(devices)),
  };
});

/** Steps of all sizes, timed by these rates; `noise` off by so much, up and down in turns. */
const timed = (count: number, noise = 0): Timed[] =>
  Array.from({ length: count }, (_, i) => {
    const size = (k: number) => 1 + ((7 * i + 3 * k * i + k * k) % 11);
    const work: Work = {
      dispatches: 30 * size(1),
      products: 3e8 * size(2),
      attention: 4e7 * size(3),
      recurrence: 2e7 * size(4),
      cache: 3e7 * size(5),
      memory: 5e7 * size(6),
      uploads: 4e5 * size(7),
      recurrenceByRows: 3e7 * size(8),
      recurrenceOfAnyWidth: 1e7 * size(9),
    };
    return { work, seconds: secondsOf(RATES, work) * (1 + (i % 2 === 0 ? noise : -noise)) };
  });

describe('a model of cost', () => {
  it('finds the rates that steps were timed by, none below zero', () => {
    const rates = fitRates(timed(24));
    for (const kind of KINDS) expect(rates[kind]).toBeCloseTo(RATES[kind], Math.ceil(3 - Math.log10(RATES[kind] || 1e-10)));
    for (const rate of Object.values(fitRates(timed(24, 0.3)))) expect(rate).toBeGreaterThanOrEqual(0);
  });

  it('knows its error on what it was not fitted to', () => {
    expect(fitCost(timed(24), YARDSTICK).error).toBeLessThan(0.005);
    const { error, measurements } = fitCost(timed(24, 0.2), YARDSTICK);
    expect(error).toBeGreaterThan(0.1);
    expect(error).toBeLessThan(0.4);
    expect(measurements).toBe(24);
  });

  it('of devices that share the work: launches and what they do by a factor each', () => {
    const model = fitCost(timed(24), YARDSTICK);
    const other = slowed(model, 0.5, 0.9);
    const measured = timed(5).map(({ work }) => ({ work, seconds: secondsOf(other.rates, work) }));
    const found = fitSlowed(model, measured, 0.02);
    for (const kind of KINDS) expect(found.rates[kind] / (other.rates[kind] || 1)).toBeCloseTo(other.rates[kind] ? 1 : 0, 6);
    expect(found.error).toBe(model.error);
    expect(found.yardstick).toBe(0.02);
  });

  it('is not fitted to too few', () => {
    expect(() => fitCost(timed(17), YARDSTICK)).toThrow(/17 timed steps, expected 18 or more/);
  });
});

const TINY = [
  'model.width=16',
  'model.depth=2',
  'model.heads=2',
  'model.mlp=32',
  'pretrain.batch=8',
  'discover.batch=8',
  'supervise.batch=8',
  'internal.episodesPerUpdate=32',
  'internal.historyWidth=16',
  'raw.episodesPerUpdate=32',
  'metacontroller.layer=1',
  'metacontroller.embedderLayer=1',
];
const PROBED = PHASES.filter(isProbed);

describe('counting', () => {
  it.each(PROBED)('$name: the same work as on an adapter', async (phase) => {
    const config = resolve('grid-mini', TINY);
    const real = await requestDevice();
    const dry = dryDevice(real.traits);
    const [counted, ran] = [await probe(phase, config, [dry], 4), await probe(phase, config, [real], 4)];
    real.close();
    dry.close();
    expect(counted.work).toEqual(ran.work);
    expect(counted.held).toBe(ran.held);
    expect(ran.seconds).toBeGreaterThan(0);
    expect(counted.work.products).toBeGreaterThan(0);
    expect(counted.work.uploads).toBeGreaterThan(0);
  });

  it('raw-action RL: the same work as on an adapter', async () => {
    const phase = PROBED.find(({ name }) => name === 'reinforce') as (typeof PROBED)[number];
    const config = resolve('grid-mini', [...TINY, 'reinforce.method=raw']);
    const real = await requestDevice();
    const dry = dryDevice(real.traits);
    const [counted, ran] = [await probe(phase, config, [dry], 1), await probe(phase, config, [real], 1)];
    real.close();
    dry.close();
    expect(counted.work).toEqual(ran.work);
  });

  it('tells what the paper’s size asks for', async () => {
    const { steps, work, held } = await phaseCost(PROBED[0], resolve('grid-paper', []), { family: 'gpu', f16: true });
    expect(steps).toBe(256_000);
    // 6 N operations a token for N parameters of the blocks, 1024 sequences of some 25 steps.
    const blocks = 6 * (4 * 256 ** 2 + 2 * 256 * 512);
    const tokens = work.products / (6 * blocks);
    expect(tokens).toBeGreaterThan(1024 * 10);
    expect(tokens).toBeLessThan(1024 * 100);
    expect(held).toBeGreaterThan(2 ** 30);
  });
});

describe('work by itself', () => {
  /** Two sizes of every kind that steps of training have little of. */
  const kinds: WorkKind[] = ['attention', 'recurrence', 'recurrenceByRows', 'recurrenceOfAnyWidth', 'cache'];
  const expected = kinds.flatMap((kind) => [kind, kind]);

  it.each(ISOLATED.map((isolated, i) => [i, isolated] as const))(
    '%i is of one kind beside what its gradients need',
    async (i, isolated) => {
      using device = dryDevice({ family: 'software', f16: false, threads: 2, subgroups: { min: 8, max: 8 } });
      const { work } = await timeIsolated(isolated, device, 3);
      expect(KINDS.filter((kind) => !['dispatches', 'products', 'memory', 'uploads'].includes(kind) && work[kind] > 0)).toEqual([
        expected[i],
      ]);
      expect(work.products).toBeLessThan(work[expected[i]]);
      const { work: again } = await timeIsolated(isolated, device, 5);
      expect(again).toEqual(work);
    },
  );

  it('is there in two sizes of each kind', () => {
    expect(ISOLATED).toHaveLength(expected.length);
  });
});

describe('the command', () => {
  const device = { description: 'an adapter', traits: { family: 'software', f16: false, threads: 2 } } as const;
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(join(tmpdir(), 'coxswain-cost-'));
    // Mesa keeps its compiled shaders where it did: to compile them anew takes a minute.
    vi.stubEnv('MESA_SHADER_CACHE_DIR', process.env.MESA_SHADER_CACHE_DIR ?? process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'));
    vi.stubEnv('XDG_CACHE_HOME', folder);
    speed.taken = YARDSTICK;
    open = () => requestDevice();
  });
  afterEach(() => {
    speed.taken = undefined;
    vi.unstubAllEnvs();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  let open = () => requestDevice();
  const run = async (...args: string[]) => {
    let [out, err] = ['', ''];
    const code = await main(args, PHASES, {
      stdout: { write: (text: string) => (out += text) },
      stderr: { write: (text: string) => (err += text) },
      signals: { on: () => {}, off: () => {}, exit: () => {} },
      now: () => performance.now(),
      openDevice: open,
      openDevices: async () => [await open(), await open()],
      program: [],
    });
    return { code, out, err };
  };
  const set = TINY.flatMap((change) => ['--set', change]);

  it('keeps models by adapter, and takes a damaged file for none', () => {
    const model = fitCost(timed(24), YARDSTICK);
    expect(readCostModel(costFolder(), [device])).toBeUndefined();
    const path = writeCostModel(costFolder(), [device], model);
    expect(readCostModel(costFolder(), [device])?.model).toEqual(model);
    expect(readCostModel(costFolder(), [{ ...device, description: 'another' }])).toBeUndefined();
    fs.writeFileSync(path, '{"format": 3, "model": {"rates": {}}}');
    expect(readCostModel(costFolder(), [device])).toBeUndefined();
  });

  it('projects with the adapter’s model, and a phase says so at its start', async () => {
    const without = await run('cost', ...set);
    expect(without).toMatchObject({ code: 0 });
    expect(without.out).toContain('--measure makes one');
    expect(without.out).not.toContain('all steps');
    const adapter = await requestDevice();
    writeCostModel(costFolder(), [adapter], fitCost(timed(24), YARDSTICK));
    adapter.close();
    const { out } = await run('cost', ...set);
    expect(out).toMatch(/pretrain +1 +9 000 +\d+/);
    expect(out).toMatch(/all steps/);
    const trained = await run(
      'pretrain',
      ...set,
      '--out',
      join(folder, 'run'),
      ...['steps=2', 'episodes=32', 'evaluationEpisodes=8', 'warmup=1'].flatMap((change) => ['--set', `pretrain.${change}`]),
    );
    expect(trained).toMatchObject({ code: 0 });
    expect(trained.err).toMatch(/The steps take about \d+ s \(±\d+ %\)/);
  });

  it('projects what devices share by a model of their own', async () => {
    using device = await requestDevice();
    const model = fitCost(timed(24), YARDSTICK);
    writeCostModel(costFolder(), [device], model);
    expect((await run('cost', ...set)).out).toMatch(/pretrain +1 .*s.*\n.*\n.*\nreinforce +2 +290 .*–/);
    writeCostModel(costFolder(), [device, device], slowed(model, 0.5, 0.5));
    const reinforce = PROBED.find(({ name }) => name === 'reinforce') as (typeof PROBED)[number];
    const { work } = await phaseCost(reinforce, resolve('grid-mini', TINY), device.traits);
    const seconds = secondsOf(model.rates, work);
    // Just as fast as when it was measured, and half as fast.
    for (const [taken, ms] of [
      [YARDSTICK, 500 * seconds],
      [2 * YARDSTICK, 1000 * seconds],
    ]) {
      speed.taken = taken;
      expect((await run('cost', ...set)).out).toMatch(new RegExp(`reinforce +2 +290 .* ${Number(ms.toPrecision(3))} `));
    }
  });

  it('takes the time of devices that share for theirs', async () => {
    const model = fitCost(timed(24), YARDSTICK);
    const opened: Device[] = [];
    const openDevices = async () => {
      const devices = [await open(), await open()];
      opened.push(...devices);
      return devices;
    };
    const device = await open();
    const { traits } = device;
    device.close();
    const told: number[] = [];
    const [phase] = PROBED.filter(({ name }) => name === 'reinforce');
    const runs = [TINY, [...TINY, 'internal.episodesPerUpdate=64']].map((change) => ({ phase, steps: 1, change }));
    const shared = await calibrateSharing(PHASES, openDevices, traits, model, (done) => told.push(done), runs);
    expect(shared.rates.dispatches + shared.rates.products).toBeGreaterThan(0);
    expect(told).toEqual([1, 2, 3, 4, 5, 6]);
    for (const one of opened) expect(() => one.empty([1])).toThrow();
  });

  it('names a phase that is too large for the adapter, and what helps', async () => {
    open = async () => {
      const device = await requestDevice();
      Object.assign(device.pool, { largest: 2 ** 20 });
      return device;
    };
    const { out, code } = await run('cost', ...set, '--set', 'pretrain.batch=1024');
    expect(code).toBe(0);
    expect(out).toMatch(/pretrain cannot run here\. Out of GPU memory: a tensor of \d+ bytes; .* Work a batch off in more parts/);
    expect(out).not.toContain('discover cannot run here');
  });

  it('times steps in rounds beside what it projects of them', async () => {
    const adapter = await requestDevice();
    writeCostModel(costFolder(), [adapter], fitCost(timed(24), YARDSTICK));
    adapter.close();
    const results = join(folder, 'costs');
    const { out, err } = await run('cost', ...set, '--phase', 'discover', '--check', '2', '--rounds', '3', '--results', `${results}/`);
    const [timedMs, ratio, lowest, highest] = (/discover .*? (\S+) +(\d+\.\d+) +(\d+\.\d+)–(\d+\.\d+) /.exec(out) as string[])
      .slice(1)
      .map(Number);
    const rounds = [...err.matchAll(/round \d of 3, discover: (\S+) ms a step/g)].map((match) => Number(match[1]));
    expect(rounds).toHaveLength(3);
    expect(timedMs).toBe(rounds.sort((a, b) => a - b)[1]);
    expect(lowest).toBeLessThanOrEqual(ratio);
    expect(highest).toBeGreaterThanOrEqual(ratio);
    const [kept] = readCostResults(results);
    expect(kept).toMatchObject({ preset: 'grid-mini', set: TINY, models: [{ model: { measurements: 24 } }] });
    expect(kept.phases).toMatchObject([{ phase: 'discover', cost: { steps: 7000 }, command: expect.stringContaining('--check 2') }]);
    expect(kept.phases[0].rounds).toHaveLength(3);
    const row = fs
      .readFileSync(`${results}.md`, 'utf8')
      .split('\n')
      .find((text) => text.startsWith('| grid-mini | discover |'));
    expect(row).toContain(`| ${ratio.toFixed(2)} | ${lowest.toFixed(2)}–${highest.toFixed(2)} |`);
    expect(await run('cost', '--rounds', '3')).toMatchObject({ code: 2, err: expect.stringContaining('--check') });
  });

  it('times updates on the worlds themselves, and what part of it is theirs', async () => {
    const results = join(folder, 'costs');
    const { out, err } = await run('cost', ...set, '--loop', '2', '--results', results);
    expect(err).toBe('timed the loop of reinforce\n');
    expect(out).toMatch(/environment steps\/s\nreinforce +32 /);
    const loops = readCostResults(results)[0].phases.flatMap(({ loop }) => loop ?? []);
    expect(loops).toMatchObject([{ updates: 2, episodes: 32, threads: 1 }]);
    const [{ steps, seconds }] = loops;
    expect(steps).toBeGreaterThan(2 * 32);
    for (const part of [seconds.worlds, seconds.device, seconds.all - seconds.playing]) expect(part).toBeGreaterThan(0);
    expect(seconds.worlds + seconds.device).toBeLessThan(seconds.all);
    expect(seconds.worlds).toBeLessThan(seconds.playing);
  });

  it('plays no more demonstrations than the settings say', async () => {
    const counted = (asked: string) => run('cost', ...set, '--phase', 'pretrain', '--set', `pretrain.episodes=${asked}`, '--check', '1');
    const played = vi.spyOn(gridworldPinpad, 'demonstrations');
    expect(await counted('24')).toMatchObject({ code: 0, out: expect.stringContaining('demonstrations/s') });
    const most = Math.max(...played.mock.calls.map(([, { count }]) => count));
    played.mockRestore();
    expect(most).toBe(24);
  });

  it('writes the page anew from the files alone', async () => {
    open = () => Promise.reject(new Error('no device is needed'));
    const results = join(folder, 'costs');
    fs.mkdirSync(results);
    expect(await run('cost', '--results', results, '--page')).toMatchObject({ code: 0, out: `Wrote ${results}.md\n` });
    expect(fs.readFileSync(`${results}.md`, 'utf8')).toContain('# What training costs');
    expect(await run('cost', '--page')).toMatchObject({ code: 2, err: expect.stringContaining('--results') });
  });

  it('names what it does not know', async () => {
    expect(await run('cost', '--preset', 'grid-maxi')).toMatchObject({ code: 3, err: expect.stringContaining('grid-mini') });
  });
});
