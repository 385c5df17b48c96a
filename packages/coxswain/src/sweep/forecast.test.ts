import fs from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatDuration, type Machine, NO_WORK, resolve } from '@coxswain/lab';
import { NoAdapterError } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { main } from '../command/main.js';
import type { CostModel } from '../cost/fit.js';
import { isProbed, phaseCost, projectedSeconds } from '../cost/project.js';
import { costFolder, readCostModel, writeCostModel } from '../cost/stored.js';
import { PHASES } from '../lists.js';

const YARDSTICK = 0.03;
// As fast as when the model was fitted.
vi.mock('../../../lab/src/cost/yardstick.js', () => ({ yardstick: async () => YARDSTICK }));

const MODEL: CostModel = {
  rates: { ...NO_WORK, dispatches: 1e-3, products: 1e-9, attention: 1e-9 },
  error: 0.08,
  measurements: 27,
  yardstick: YARDSTICK,
};
const TINY = ['model.width=16', 'model.depth=2', 'model.heads=2', 'model.mlp=32', 'pretrain.batch=8', 'pretrain.steps=300'];
const DISCOVER = ['discover.batch=8', 'metacontroller.layer=1', 'metacontroller.embedderLayer=1'];
const inYaml = (changes: readonly string[]) => `{ ${changes.map((change) => change.replace('=', ': ')).join(', ')} }`;

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'coxswain-forecast-'));
  // Mesa keeps its compiled shaders where it did.
  vi.stubEnv('MESA_SHADER_CACHE_DIR', process.env.MESA_SHADER_CACHE_DIR ?? process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'));
  vi.stubEnv('XDG_CACHE_HOME', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  fs.rmSync(folder, { recursive: true, force: true });
});

async function dry(openDevice: Machine['openDevice'] = () => requestDevice()) {
  const path = join(folder, 'sweep.yaml');
  fs.writeFileSync(
    path,
    `folder: ${join(folder, 'runs')}
axes: { seed: [1, 2, 3] }
runs:
  base: { command: pretrain, set: ${inYaml(TINY)} }
  controller-{seed}: { command: discover, over: [seed], options: { seed: '{seed}', base: base, view: same }, set: ${inYaml(DISCOVER)} }
  probes: { command: analyse probes, options: { base: base } }
`,
  );
  let [out, err] = ['', ''];
  const code = await main(['sweep', path, '--dry'], PHASES, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    signals: process,
    now: () => 0,
    openDevice,
    program: [],
  });
  expect(code, err).toBe(0);
  return { out, err };
}

it('says how long the missing runs take, models that are not there yet among them', async () => {
  const device = await requestDevice();
  const { traits } = device;
  writeCostModel(costFolder(), [device], MODEL);
  const stored = readCostModel(costFolder(), [device]);
  device.close();
  if (!stored) throw new Error('it was just written');
  const seconds = async (name: string, changes: readonly string[]): Promise<number> => {
    const phase = PHASES.find((candidate) => candidate.name === name);
    if (!phase || !isProbed(phase)) throw new Error(`${name} is no phase that trains`);
    return projectedSeconds(await phaseCost(phase, resolve('grid-mini', changes), traits), stored, YARDSTICK);
  };
  const all = (await seconds('pretrain', TINY)) + 3 * (await seconds('discover', [...TINY, ...DISCOVER, 'discover.view=same']));
  const { err, out } = await dry();
  expect(out).toContain('missing  controller-3  coxswain discover');
  expect(err).toBe(
    `The training steps of 4 of 5 missing runs take about ${formatDuration(all)} (±8 %) one after the other, by this adapter’s model of cost.\n`,
  );
});

it('says nothing of time without a model of cost, or without an adapter', async () => {
  expect((await dry()).err).toBe('');
  expect((await dry(() => Promise.reject(new NoAdapterError('none', 'None is needed.')))).err).toBe('');
});
