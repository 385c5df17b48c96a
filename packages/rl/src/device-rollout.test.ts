/** A rollout on the device against one that the host steps: the same episodes, one readback. */
import { GRID_MINI } from '@coxswain/envs';
import { DevicePinpad } from '@coxswain/envs/device';
import type { Device, Scope } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CodeController } from './code-controller.js';
import { PolicyCodes } from './codes.js';
import { DeviceRollout } from './device-rollout.js';
import type { Episodes } from './episodes.js';
import { Rollout } from './rollout.js';
import { gridMini, startingPolicy, trained } from './testing/trained.js';

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

const N = 24;
const T = 12;
const SEED = 5;

function worldOf(task = '0123'): DevicePinpad {
  return new DevicePinpad(device, { world: GRID_MINI.world, tasks: [task], horizon: T, environments: N });
}

function codes() {
  const { model, metacontroller, layer, hard } = trained(device);
  const source = new PolicyCodes(startingPolicy(device), N);
  const controller = new CodeController({ metacontroller, layer, source, episodes: N, gate: hard, record: { horizon: T } });
  return { model, controller };
}

/** What has to be the same; where an episode is over nothing is recorded. */
const facts = ({ action, open, length, reward, progress, steps }: Episodes) => ({
  action: action.map((leaf) => [...leaf]),
  open: [...open],
  length: [...length],
  reward: [...reward],
  progress: [...progress],
  steps,
});

describe('DeviceRollout', () => {
  it.each(['0123', '0'])('plays what Rollout plays, task %s', async (task) => {
    const [onHost, onDevice] = [codes(), codes()];
    const host = new Rollout({
      model: onHost.model,
      environment: gridMini(task, N, T),
      controller: onHost.controller,
      seed: SEED,
      temperature: 0.5,
    });
    const rollout = new DeviceRollout({
      model: onDevice.model,
      world: worldOf(task),
      controller: onDevice.controller,
      seed: SEED,
      temperature: 0.5,
      rowCounts: [2, 4, 8, 12, 16, 20, N],
    });
    for (const batch of [3, 4, 5, 2 ** 33]) {
      const wanted = facts(await host.run(batch));
      const before = { ...device.counters };
      const played = await rollout.run(batch);
      expect(device.counters.readbacks - before.readbacks).toBe(1);
      expect(facts(played)).toEqual(wanted);
      expect(new Set(played.length).size).toBeGreaterThan(2);
      const [a, b] = await device.read([onHost.controller.records?.code, onDevice.controller.records?.code].flatMap((one) => one ?? []));
      for (let n = 0; n < N; n++)
        for (let t = 0; t < played.length[n]; t++)
          for (let i = 0; i < a.length / (N * T); i++) {
            const at = (n * T + t) * (a.length / (N * T)) + i;
            expect(b[at]).toBe(a[at]);
          }
    }
    expect(rollout.replayed).toBe(0);
    rollout.dispose();
  });

  it('plays the bare model', async () => {
    const { model } = trained(device);
    const wanted = facts(await new Rollout({ model, environment: gridMini('0123', N, T), seed: SEED }).run(1));
    expect(facts(await new DeviceRollout({ model, world: worldOf(), seed: SEED }).run(1))).toEqual(wanted);
  });

  it('plays a batch again in which more episodes run than were planned for, and gives the same', async () => {
    const { model, controller } = codes();
    const rollout = new DeviceRollout({
      model,
      world: worldOf(),
      controller,
      seed: SEED,
      rowCounts: [...Array(N).keys()].map((n) => n + 1),
      spare: 0,
    });
    const reference = facts(await rollout.run(9));
    for (let batch = 0; batch < 20 && rollout.replayed === 0; batch++) await rollout.run(batch);
    expect(rollout.replayed).toBe(1);
    expect(facts(await rollout.run(9))).toEqual(reference);
  });

  it('refuses a controller that needs the host, and a world that the model cannot see', () => {
    const { model, controller } = codes();
    expect(() => new DeviceRollout({ model, world: worldOf(), controller: { ...controller, beforeStep() {} } as never, seed: 1 })).toThrow(
      'host',
    );
    const other = new DevicePinpad(device, { world: { size: 5, colours: 4, walls: 0 }, tasks: ['0'], horizon: T, environments: N });
    expect(() => new DeviceRollout({ model, world: other, seed: 1 })).toThrow('observations of 82 rows of');
  });
});
