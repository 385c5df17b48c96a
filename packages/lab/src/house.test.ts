import { EXIT_CODES } from '@coxswain/base';
import { gridworldPinpad, pointPads } from '@coxswain/envs';
import { transformer } from '@coxswain/transformer';
import { expect, it } from 'vitest';
import { allSettings, defaultPreset, preset, presetNames } from './config.js';
import { NotMadeError } from './errors.js';
import { NoHouseError, openHouse } from './house.js';
import { BASE_INPUT, SEQUENCE_MODEL } from './models/inputs.js';
import type { Phase } from './phase.js';
import { addWorld, knownWorlds } from './worlds/known.js';

const maker: Phase = {
  name: 'dream',
  about: 'Makes a sequence model.',
  sections: ['world', 'model'],
  inputs: [],
  makes: SEQUENCE_MODEL,
  leaves: 'result.json',
  answer: () => [],
  shortcuts: {},
  length: () => ({ steps: 1, unit: 'steps', saveEvery: 1 }),
  run: async () => {},
};
const report = { facts: () => [], warnings: () => [], charts: () => [], tables: () => [] };

it('reads nothing before somebody says what there is, and says so', () => {
  for (const read of [presetNames, allSettings, knownWorlds, () => preset('grid-mini')]) expect(read).toThrow(NoHouseError);
  expect(EXIT_CODES[new NoHouseError().code]).toBe(48);
});

it('has the settings and presets of what is registered, and no others', () => {
  openHouse({ worlds: [pointPads], models: [transformer], systems: [] });
  expect(new Set(allSettings().map(({ section }) => section))).toEqual(new Set(['world', 'model']));
  expect(preset(defaultPreset())).toMatchObject({ world: { name: 'point-pads' }, model: { name: 'transformer' } });
  expect(Object.keys(preset(defaultPreset()))).toEqual(['world', 'model']);
});

it('takes a base from whichever phase makes sequence models, and says when none does', () => {
  openHouse({ worlds: [gridworldPinpad], models: [transformer], systems: [] });
  expect(() => BASE_INPUT.phase).toThrow(NotMadeError);
  openHouse({ worlds: [gridworldPinpad], models: [transformer], systems: [{ name: 'dreams', sections: [], phases: [maker], report }] });
  expect(BASE_INPUT.phase).toBe('dream');
});

it('keeps a world that was added apart from the list that it was opened with', () => {
  const worlds = [gridworldPinpad];
  openHouse({ worlds, models: [transformer], systems: [] });
  addWorld({ ...pointPads, name: 'mine' });
  expect(knownWorlds().map(({ name }) => name)).toEqual(['gridworld-pinpad', 'mine']);
  expect(worlds).toHaveLength(1);
});
