/** Every config.json of the repository: it opens, completes itself, is valid, and goes on as the run that it was. */

import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  allSettings,
  completed,
  differences,
  hashOf,
  identify,
  preset,
  type RunIdentity,
  readIdentity,
  validate,
  wholeConfig,
} from '@coxswain/lab';
import { describe, expect, it } from 'vitest';
import { PRESET_NAMES } from '../../src/lists.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const stored = ['docs/results', 'packages/models/grid-mini'].flatMap((folder) =>
  fs
    .readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(^|\/)config\.json$/.test(name))
    .map((name) => `${folder}/${name}`),
);

it('are there', () => expect(stored.length).toBeGreaterThan(300));

it.each(stored)('%s', (path) => {
  const text = fs.readFileSync(root + path, 'utf8');
  const raw = JSON.parse(text) as RunIdentity;
  const read = readIdentity(path, text);
  expect(read.hash).toBe(raw.hash);
  expect(read.config).toMatchObject(raw.config);
  // Worlds had no names before there were several.
  expect(read.config.world?.name).toBe((raw.config.world as { name?: string }).name ?? 'gridworld-pinpad');
  expect(completed(read).config).toEqual(read.config);
  const whole = wholeConfig(read.config, read.preset);
  expect(whole).toMatchObject(read.config);
  validate(whole);
  // The same command again: its hash counts settings that came since, and it goes on all the same.
  const again = identify({ ...read, config: read.config });
  expect(differences(read, again)).toEqual([]);
  expect(differences(raw, again)).toEqual([]);
  const other = identify({ ...again, seed: again.seed + 1 });
  expect(differences(read, other)).toEqual([`seed is ${read.seed} there, ${read.seed + 1} here`]);
});

describe('presets', () => {
  /** Digests of the presets before their sections had defaults, without `world.name`. */
  const BEFORE: Record<string, string> = {
    'grid-mini': '197f8029a362dabce1eb61ad5b44a841d17f1ae8a4dad7fd0da61065bcd9319e',
    'grid-small': '17d1541d81f3f6484d716da98660071a975c1133db2cf01ed421f57166f2f66f',
    'grid-paper': '73f373d85e836159dad9b7bfbeaf06fadb8923919293a98ed6ba69bbabeb8934',
  };

  it('are these, and those of worlds that came later', () => {
    const later = PRESET_NAMES.filter((name) => !Object.hasOwn(BEFORE, name));
    for (const name of later) expect(preset(name).world.name).not.toBe('gridworld-pinpad');
    expect(PRESET_NAMES).toEqual(expect.arrayContaining(Object.keys(BEFORE)));
  });

  it.each(Object.keys(BEFORE))('%s has the values that it had', (name) => {
    const config = preset(name);
    expect(config.world.name).toBe('gridworld-pinpad');
    const { name: _, ...world } = config.world;
    // Came since: what was the only threshold, and what was the only kind of U.
    const { gateThreshold, ...discover } = config.discover;
    const { full, ...metacontroller } = config.metacontroller;
    expect([gateThreshold, full]).toEqual([0.5, false]);
    expect(hashOf({ ...config, world, discover, metacontroller })).toBe(BEFORE[name]);
  });

  it('mean what they meant', () => {
    // Said in other words since forces have noise, too, and events are not colours alone; on the grid it says the same.
    const moves = 'Share ε of expert moves replaced by a random move that ends nothing.';
    const before: Record<string, string> = {
      'pretrain.noise': moves,
      'discover.noise': moves,
      'world.tasks': 'Colour sequences the experts walk in pretraining and discovery.',
      'reinforce.task': 'Colour sequence to be rewarded: 1 when its last colour is visited, else nothing.',
    };
    const said = allSettings().map(({ key, setting: { about, expected } }) => [key, before[key] ?? about, expected]);
    const since = ['world.name', 'discover.gateThreshold', 'metacontroller.full'];
    const others = said.filter(([key]) => !since.includes(String(key)));
    expect(others).toHaveLength(137);
    expect(hashOf(others)).toBe('758c3fc6fe8e7a7066e3d2ab67b9d131c0b240337d71fb71a5df1cc5ece8068f');
  });
});
