import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { metacontrollerConfig } from '@coxswain/metacontroller';
import { expect, test } from 'vitest';
import { gridMini as anywhere } from './index.js';
import { gridMini } from './node.js';

/** What lies beside the weights. */
const configOf = ({ url }: { url: string }) => JSON.parse(readFileSync(new URL('config.json', url), 'utf8')).config;

test('settings are those that the models were trained with', () => {
  const { world, model } = configOf(gridMini.base);
  expect(gridMini.base.config).toEqual(model);
  const { tasks, horizon, ...own } = world;
  expect(gridMini.world.settings).toEqual(own);
  expect(gridMini.world.tasks.map(({ text }) => text)).toEqual(tasks);
  expect(gridMini.horizon).toBe(horizon);
  expect(gridMini.base.spaces).toBe(gridMini.world.spaces);
  const found = configOf(gridMini.controller);
  expect([found.world, found.model]).toEqual([world, { ...model, window: 0 }]);
  const { config, layer, embedderLayer } = gridMini.controller;
  expect(config).toEqual(metacontrollerConfig(found.metacontroller, model.width));
  expect({ layer, embedderLayer }).toMatchObject({ layer: found.metacontroller.layer, embedderLayer: found.metacontroller.embedderLayer });
});

test('with the conditions of Node they are the same, and read from the disk', async () => {
  for (const part of ['base', 'controller'] as const) {
    const { fetch, ...rest } = gridMini[part];
    expect(rest).toEqual(anywhere[part]);
    expect(existsSync(fileURLToPath(rest.url))).toBe(true);
    const response = await fetch?.(rest.url);
    expect(Buffer.from((await response?.arrayBuffer()) as ArrayBuffer).equals(readFileSync(new URL(rest.url)))).toBe(true);
  }
});
