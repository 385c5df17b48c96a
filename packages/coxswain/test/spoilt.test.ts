/** The real phases with NaN in a weight: they stop with the name of the culprit, and the last checkpoint is good. */

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digest, progressDigest, readCheckpoint } from '@coxswain/lab';
import { type Device, type Launch, readSafetensors, requireFiniteNumbers, writeSafetensors } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PHASES } from '../src/lists.js';
import { ask, set } from './ask.js';

let root: string;
beforeAll(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'coxswain-spoilt-'));
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const coxswain = (args: readonly string[], openDevice: () => Promise<Device> = requestDevice) => ask(args, PHASES, { openDevice });

/** A device on which the first parameters of what learns become `value` once so many updates were launched. */
async function spoiling(updates: number, value: number): Promise<Device> {
  const device = await requestDevice();
  let seen = 0;
  device.onLaunches = (launches: readonly Launch[]) => {
    for (const { pipeline, bindings } of launches) {
      const at = pipeline.slots.findIndex(({ name }) => name === 'parameters');
      if (at < 0 || ++seen !== updates) continue;
      const { storage, offset } = bindings[at];
      device.gpu.queue.writeBuffer(storage.buffer as GPUBuffer, offset, new Float32Array(SPOILT_NUMBERS).fill(value));
    }
  };
  return device;
}
/** Several rows of a table, so that a batch meets one. */
const SPOILT_NUMBERS = 512;

/** What a command says that did all it was asked. */
const FINE = { code: 0, err: expect.not.stringContaining('Error') };

const PRETRAIN = set({
  'model.width': 16,
  'model.depth': 2,
  'model.heads': 2,
  'model.mlp': 32,
  'pretrain.steps': 8,
  'pretrain.warmup': 2,
  'pretrain.batch': 8,
  'pretrain.episodes': 100,
  'pretrain.evaluationEpisodes': 16,
  'pretrain.logEvery': 2,
  'pretrain.evaluateEvery': 8,
  'pretrain.saveEvery': 3,
});
const DISCOVER = set({
  'metacontroller.layer': 1,
  'metacontroller.rank': 4,
  'metacontroller.history': 8,
  'metacontroller.sequence': 8,
  'discover.view': 'touches',
  'discover.starts': 1,
  'discover.startSteps': 1,
  'discover.steps': 8,
  'discover.warmup': 2,
  'discover.laterGateFrom': 4,
  'discover.alphaWarmup': 4,
  'discover.batch': 8,
  'discover.episodes': 100,
  'discover.evaluationEpisodes': 16,
  'discover.logEvery': 2,
  'discover.evaluateEvery': 8,
  'discover.saveEvery': 3,
});
const ACT = { 'reinforce.task': '3', 'reinforce.horizon': 10, 'evaluate.episodes': 16, 'evaluate.longTask': '' };
const internal = set({ ...ACT, 'internal.updates': 3, 'internal.episodesPerUpdate': 32, 'internal.saveEvery': 1 });
const raw = ['--method', 'raw', ...set({ ...ACT, 'raw.updates': 3, 'raw.episodesPerUpdate': 32, 'raw.saveEvery': 1 })];

type Case = {
  readonly phase: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly settings: string[];
  readonly says: string;
};
/** By name; the inputs of a run are undisturbed runs above it. */
const CASES: Readonly<Record<string, Case>> = {
  pretrain: { phase: 'pretrain', inputs: {}, settings: PRETRAIN, says: 'model parameter embedding.weight' },
  discover: { phase: 'discover', inputs: { base: 'pretrain' }, settings: DISCOVER, says: 'controller parameter gru.weight_ih_l0' },
  'internal RL': {
    phase: 'reinforce',
    inputs: { base: 'pretrain', controller: 'discover' },
    settings: internal,
    says: 'policy parameter ',
  },
  'raw RL': { phase: 'reinforce', inputs: { base: 'pretrain' }, settings: raw, says: 'policy parameter embedding.weight' },
};

function commandOf(name: string, out: string): string[] {
  const { phase, inputs, settings } = CASES[name];
  const given = Object.entries(inputs).flatMap(([input, run]) => [`--${input}`, join(root, run)]);
  return [phase, '--seed', '4', '--out', out, ...given, ...settings];
}

/** Digests of everything that a run leaves. */
function contents(out: string): Record<string, string> {
  const names = ['metrics.jsonl', 'result.json', ...fs.readdirSync(join(out, 'checkpoint')).map((name) => join('checkpoint', name))];
  return Object.fromEntries(names.map((name) => [name, digest(fs.readFileSync(join(out, name)))]));
}

/** Writes a weight over in a checkpoint, as somebody would who knows how they are counted. */
function plant(folder: string, tensor: string, value: number): void {
  const file = join(folder, 'model.safetensors');
  const { tensors } = readSafetensors(fs.readFileSync(file));
  (tensors.get(tensor)?.data as Float32Array)[3] = value;
  const bytes = writeSafetensors(tensors);
  fs.writeFileSync(file, bytes);
  const { digest: _, ...progress } = JSON.parse(fs.readFileSync(join(folder, 'progress.json'), 'utf8'));
  progress.sha256['model.safetensors'] = digest(bytes);
  fs.writeFileSync(join(folder, 'progress.json'), JSON.stringify({ ...progress, digest: progressDigest(progress) }));
}

describe.each([
  ['pretrain', Number.POSITIVE_INFINITY, 4],
  ['discover', Number.NaN, 4],
  ['internal RL', Number.NaN, 5],
  ['raw RL', Number.NaN, 5],
] as const)('%s', (name, value, updates) => {
  it(`stops where a weight is ${value}, keeps the last checkpoint, and goes on from it to the same bytes`, async () => {
    const whole = join(root, name);
    expect(await coxswain(commandOf(name, whole))).toMatchObject(FINE);
    const out = join(root, `${name} spoilt`);
    const { code, err } = await coxswain(commandOf(name, out), () => spoiling(updates, value));
    expect(code, err).toBe(15);
    expect(err).toContain(CASES[name].says);
    expect(err).toContain(`[0] is ${value}`);
    expect(err).toMatch(/after \d steps, is good: the same command goes on from there/);
    const saved = readCheckpoint(out);
    for (const file of saved?.names ?? []) requireFiniteNumbers(readSafetensors(saved?.read(file) as Uint8Array).tensors);
    expect(saved?.step).toBeGreaterThan(0);
    expect(await coxswain(commandOf(name, out))).toMatchObject(FINE);
    expect(contents(out)).toEqual(contents(whole));
  });
});

it('refuses to go on from a checkpoint, or to begin from a model, that holds NaN', async () => {
  const out = join(root, 'planted');
  expect(await coxswain(commandOf('pretrain', out))).toMatchObject(FINE);
  plant(join(out, 'checkpoint'), 'embedding.weight', Number.NaN);
  const again = await coxswain(commandOf('pretrain', out));
  expect(again.code).toBe(15);
  expect(again.err).toContain(`embedding.weight[3] is NaN, in ${join(out, 'checkpoint', 'model.safetensors')}. Restore the file`);
  plant(join(out, 'checkpoint'), 'embedding.weight', Number.NEGATIVE_INFINITY);
  const base = await coxswain(['discover', '--base', out, '--out', join(root, 'never'), ...DISCOVER]);
  expect(base.code).toBe(15);
  expect(base.err).toContain('embedding.weight[3] is -Infinity');
  expect(fs.existsSync(join(root, 'never', 'checkpoint'))).toBe(false);
});
