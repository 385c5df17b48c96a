/**
 * Discovery that reads no event, in stages: killed and started again across the border between two of them, and stopped
 * where one fails.
 */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluateController, loadController } from '@coxswain/internal-rl';
import { demonstrations, loadBase, openModel } from '@coxswain/lab';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { set } from './ask.js';
import { contents, DISCOVER, killable, PRETRAIN, type Run } from './killed.js';
import { bundleCoxswain } from './programs.js';

let root: string;
let program: string;
beforeAll(async () => {
  root = fs.mkdtempSync(join(tmpdir(), 'coxswain-stages-'));
  program = await bundleCoxswain(root);
  await finish('pretrain', join(root, 'pretrain'));
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

/** A switch that is hardly trained, and opens at some of the steps. */
const MOMENTS = { ...DISCOVER, 'metacontroller.switchBias': 0, 'discover.momentRule': 'share', 'discover.momentShare': 0.4 };
/** Six steps and two of another start, then as many again; the third stage is left out, whatever the switches do. */
const STAGES = {
  ...MOMENTS,
  'discover.view': 'event-free',
  'discover.steps': 6,
  'discover.laterGateFrom': 4,
  'discover.alphaWarmup': 4,
  'stages.steps': 6,
  'stages.laterGateFrom': 4,
  'stages.alphaWarmup': 4,
  'stages.agreement': 0,
  'stages.most': 3,
};
const staged = (other: Record<string, number | string> = {}): Run => ({
  phase: 'discover',
  inputs: { base: 'pretrain' },
  settings: set({ ...STAGES, ...other }),
});
const RUNS: Readonly<Record<string, Run>> = {
  pretrain: { phase: 'pretrain', inputs: {}, settings: set(PRETRAIN) },
  'in stages': staged({ 'discover.injectionEpisodes': 512 }),
  'never opening': staged({ 'metacontroller.switchBias': -40 }),
  'always opening': staged({ 'metacontroller.switchBias': 40 }),
  'few moments': staged({ 'discover.momentShare': 0.001 }),
  'on switches': {
    phase: 'discover',
    inputs: { base: 'pretrain', first: 'in stages' },
    settings: set(
      Object.fromEntries(Object.entries({ ...MOMENTS, 'discover.view': 'switches' }).filter(([key]) => !key.startsWith('metacontroller'))),
    ),
  },
};

const { start, finish, killAt } = killable(() => ({ program, root }), RUNS);
const readJson = (...path: string[]) => JSON.parse(fs.readFileSync(join(root, ...path), 'utf8'));
/** Lines of metrics with their steps and stages. */
function metricsOf(name: string): Record<string, number>[] {
  const text = fs.readFileSync(join(root, name, 'metrics.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('in stages', () => {
  let whole: Record<string, string>;
  beforeAll(async () => {
    await finish('in stages', join(root, 'in stages'));
    whole = contents(join(root, 'in stages'));
  });

  it('each stage has its measures, and the run ends where switches stand still', () => {
    const lines = metricsOf('in stages');
    const ends = lines.filter((line) => line['moments/share'] !== undefined);
    expect(ends.map((line) => [line.step, line['charts/stage'], 'switch/agreement' in line])).toEqual([
      [8, 0, false],
      [16, 1, true],
    ]);
    const { stages, still, view, injection } = readJson('in stages', 'result.json');
    expect([view, still]).toEqual(['event-free', true]);
    expect(stages).toMatchObject([
      { stage: 1, view: 'jumps', momentShare: ends[0]['moments/share'], f1Exact: ends[0]['switch/f1_exact'] },
      { stage: 2, view: 'switches', momentShare: ends[1]['moments/share'], agreement: ends[1]['switch/agreement'] },
    ]);
    expect(Math.abs(stages[0].momentShare - 0.4)).toBeLessThan(0.15);
    expect(readJson('in stages', 'checkpoint', 'progress.json').step).toBe(24);
    for (const { subgoals, jumps, stages: traced } of readJson('in stages', 'stages.json')) {
      expect(traced).toHaveLength(2);
      expect(traced[1].shown).toEqual(traced[0].opened);
      expect(jumps.values).toHaveLength(subgoals.length);
      const moments = [...subgoals.keys()].map((i) => i + 1).filter((t) => jumps.values[t - 1] >= jumps.threshold || t === subgoals.length);
      expect(traced[0].shown).toEqual(moments);
    }
    expect(injection).toMatchObject({ episodes: 512, steps: [{ step: 6 }, { step: 12 }] });
    for (const { without, demonstrated, free } of injection.steps)
      for (const { reached, unseen } of [without, demonstrated, free])
        for (const share of [reached, unseen]) expect(share >= 0 && share <= 1).toBe(true);
  });

  // Lines 5 and 6 end the first stage, whose checkpoint is written after them: before it, amid it, after it, and within
  // the second.
  it('killed within both stages and all along the border between them, ends with the same bytes', async () => {
    const lines = metricsOf('in stages').map((line) => line['charts/stage']);
    const border = lines.indexOf(1);
    const out = join(root, 'in stages killed');
    const moments: [number, number][] = [
      [1, 0],
      [border, 0],
      [border, 9],
      [border, 60],
      [border + 1, 0],
      [border + 4, 0],
    ];
    for (const [after, operations] of moments) await killAt('in stages', out, after, operations);
    await finish('in stages', out);
    expect(contents(out)).toEqual(whole);
  });

  it('what it found is read with the moments that it was shown, from its model alone', async () => {
    const device = await requestDevice();
    const of = (name: string, phase: string) => openModel(join(root, name), name, phase);
    const base = loadBase(device, of('pretrain', 'pretrain'));
    const trained = of('in stages', 'discover');
    const controller = loadController(device, trained, base);
    const { config } = trained;
    const heldOut = demonstrations(config, 'heldOut', 4, config.discover.evaluationEpisodes, config.discover);
    const { result } = await evaluateController(base, controller, config, 4, heldOut);
    expect(readJson('in stages', 'result.json')).toMatchObject(result);
    const blind = { ...controller, moments: undefined };
    await expect(evaluateController(base, blind, config, 4, heldOut)).rejects.toThrow(/says of no moment/);
    for (const part of [controller, base]) part.dispose();
    expect(device.live).toBe(0);
    device.close();
  });

  it('a controller of its own can be trained on the switches of what they found', async () => {
    const out = join(root, 'on switches');
    await killAt('on switches', out, 4);
    await finish('on switches', out);
    const { stages, view } = readJson('on switches', 'result.json');
    expect(view).toBe('switches');
    expect(stages).toMatchObject([{ stage: 1, view: 'switches', agreement: expect.any(Number) }]);
  });
});

it.each([
  ['never opening', /switch of stage 1 opens as good as never.*stages\.laterGateFrom/s],
  ['always opening', /switch of stage 1 opens as good as always.*momentResponsibility/s],
])('a first stage %s is told as it ends, and kept', async (name, message) => {
  const { ended, said } = start(name, join(root, name));
  expect(await ended, said()).toBe(23);
  expect(said()).toMatch(message);
  expect(readJson(name, 'checkpoint', 'progress.json')).toMatchObject({ step: 8, extra: { staged: { summaries: [{ stage: 1 }] } } });
  expect(fs.existsSync(join(root, name, 'result.json'))).toBe(false);
});

it('moments too few for a code are told before anything is trained', async () => {
  const { ended, said } = start('few moments', join(root, 'few moments'));
  expect(await ended, said()).toBe(23);
  expect(said()).toMatch(/moments an episode, its last step among them, expected at least 2.*momentShare/s);
  expect(fs.existsSync(join(root, 'few moments', 'checkpoint'))).toBe(false);
});
