import '../testing/house.js';
import { allSettings, type Config, makeBase, resolve, wholeConfig } from '@coxswain/lab';
import { gateValues } from '@coxswain/metacontroller';
import { GATE_MODE } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actingGate } from './play.js';

describe('settings that a model starts from', () => {
  let device: Awaited<ReturnType<typeof requestDevice>>;
  beforeAll(async () => {
    device = await requestDevice();
  });
  afterAll(() => device.close());

  it('gives the model its window, and none where its settings are older than windows; such a model is a transformer', () => {
    const of = (config: Config): object => {
      const { model, dispose } = makeBase(device, config, 1);
      dispose();
      return model.config;
    };
    const config = resolve('grid-mini', ['model.window=3']);
    expect(of(config)).toMatchObject({ window: 3 });
    expect(of(resolve('grid-paper'))).toMatchObject({ window: 0 });
    const { window: _, name: __, taps: ___, ...older } = config.model;
    expect(of(wholeConfig({ model: older as Config['model'] }, 'grid-mini'))).toMatchObject({ window: 0, buckets: 32 });
  });

  /** Sizes, and every weight at the start. */
  async function start(...set: string[]): Promise<string> {
    const config = resolve('grid-mini', set);
    const base = makeBase(device, config, 1);
    const weights = await Promise.all(base.store.names.map((name) => base.store.get(name).read()));
    const { initialisation, outputStd, varianceScale, embeddingStd, ...sizes } = base.model.config;
    base.dispose();
    return JSON.stringify([sizes, weights.map((data) => [...data].reduce((sum, x) => sum + x * x, 0))]);
  }

  const changed: Record<string, string[]> = {
    name: ['model.name=hawk'],
    taps: ['model.name=hawk', 'model.taps=2'],
    width: ['model.width=32'],
    depth: ['model.depth=2'],
    heads: ['model.heads=2'],
    mlp: ['model.mlp=32'],
    buckets: ['model.buckets=8'],
    maxDistance: ['model.maxDistance=64'],
    window: ['model.window=4'],
    init: ['model.init=variance-scaled'],
    outputStd: ['model.outputStd=0.1'],
    embeddingStd: ['model.embeddingStd=0.1'],
    varianceScale: ['model.init=variance-scaled', 'model.varianceScale=0.5'],
  };

  it('are all of them', () => {
    const names = allSettings().flatMap(({ section, name }) => (section === 'model' ? [name] : []));
    expect(Object.keys(changed).sort()).toEqual(names.sort());
  });

  it.each(Object.entries(changed))('model.%s changes it', async (_, set) => {
    expect(await start(...set)).not.toBe(await start(...set.slice(0, -1)));
  });

  it('variance is scaled in every weight matrix, not in the embedding alone', async () => {
    const at = async (scale: number) => {
      const base = makeBase(device, resolve('grid-mini', ['model.init=variance-scaled', `model.varianceScale=${scale}`]), 1);
      const spread: Record<string, number> = {};
      for (const name of base.store.names) {
        const [tensor, data] = [base.store.get(name), await base.store.get(name).read()];
        if (tensor.shape.length === 2 && !name.endsWith('.rel')) spread[name] = Math.hypot(...data);
      }
      base.dispose();
      return spread;
    };
    const [one, four] = [await at(0.1), await at(0.4)];
    expect(Object.keys(one).length).toBeGreaterThan(10);
    for (const [name, norm] of Object.entries(one)) expect(four[name] / norm, name).toBeCloseTo(2, 4);
  });

  it('a code ends where β reaches reinforce.gateThreshold', () => {
    const gate = (set: string) => gateValues(actingGate(resolve('grid-mini', [set])));
    expect([...gate('reinforce.gateThreshold=0.5')]).toEqual([GATE_MODE.hard, 1, 0, 0]);
    expect(gate('reinforce.gateThreshold=0.9')[2]).toBeCloseTo(Math.log(9), 5);
  });
});
