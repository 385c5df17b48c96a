import { type Device, GATE_MODE, type Scope } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { goldenCodes } from '../../metacontroller/src/testing/golden-metacontroller.js';
import { CodeController } from './code-controller.js';
import { FixedCodes } from './codes.js';
import { InjectedCode } from './injected-code.js';
import { Rollout } from './rollout.js';
import { gridMini, trained } from './testing/trained.js';

let device: Device;
let scope: Scope;
beforeAll(async () => {
  device = await requestDevice();
});
afterAll(() => device.close());
beforeEach(() => {
  scope = device.scope();
});
afterEach(() => scope[Symbol.dispose]());

const [N, T] = [24, 12];
const codes = () =>
  device.tensor(
    Float32Array.from({ length: N * 8 }, (_, i) => goldenCodes().mean[i % 8] + goldenCodes().std[i % 8] * (i % 3)),
    [N, 8],
  );
const free = () => gridMini('0123', N, T);

/** The golden models with a code injected at `from`, or alone. */
async function run(from?: number, mode: number = GATE_MODE.hard) {
  const { model, metacontroller, layer } = trained(device);
  const gate = { mode };
  const controller = from === undefined ? undefined : new InjectedCode({ metacontroller, layer, codes: codes(), from, gate });
  const rollout = new Rollout({ model, environment: free(), seed: 7, ...(controller ? { controller } : {}) });
  return structuredClone(await rollout.run(0));
}

test('before the injection the model acts alone, and so it does for ever where there is none', async () => {
  const alone = await run();
  const late = await run(4);
  const never = await run(T);
  expect(never.action).toEqual(alone.action);
  let differs = 0;
  for (let i = 0; i < N; i++)
    for (let t = 0; t < T; t++) {
      if (t < 4) expect(late.action[0][i * T + t]).toBe(alone.action[0][i * T + t]);
      else differs += Number(late.action[0][i * T + t] !== alone.action[0][i * T + t]);
    }
  expect(differs).toBeGreaterThan(0);
});

test('it is held from its step on, without a gap, until the switch opens; an open gate ends it after one step', async () => {
  const { open, length } = await run(2);
  let held = 0;
  for (let i = 0; i < N; i++) {
    if (length[i] <= 2) continue;
    const steps = [...open.subarray(i * T, i * T + length[i])];
    expect(steps.slice(0, 3)).toEqual([0, 0, 1]);
    const end = steps.indexOf(0, 2);
    if (end >= 0) expect(steps.slice(end).every((one) => one === 0)).toBe(true);
    held += end < 0 ? steps.length - 2 : end - 2;
  }
  expect(held).toBeGreaterThan(N);
  const ended = await run(2, GATE_MODE.open);
  for (let i = 0; i < N; i++) if (ended.length[i] > 3) expect(ended.open[i * T + 3]).toBe(0);
});

test('while it is held it steers as the same code does from the start', async () => {
  const { model, metacontroller, layer, hard } = trained(device);
  const controller = new CodeController({ metacontroller, layer, source: new FixedCodes(codes()), episodes: N, gate: hard });
  const always = structuredClone(await new Rollout({ model, environment: free(), seed: 7, controller }).run(0));
  const injected = await run(0);
  for (let i = 0; i < N; i++)
    for (let t = 0; t < Math.min(always.length[i], injected.length[i]) && injected.open[i * T + t]; t++)
      expect(injected.action[0][i * T + t]).toBe(always.action[0][i * T + t]);
});
