import { EXIT_CODES } from '@coxswain/base';
import { gridworldPinpad, pointPads } from '@coxswain/envs';
import { transformer } from '@coxswain/transformer';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { allSettings, defaultPreset, type PartialConfig, preset, presetNames } from './config.js';
import { NotMadeError } from './errors.js';
import { NoHouseError, openHouse } from './house.js';
import { BASE_INPUT } from './models/inputs.js';
import { identify, readIdentity } from './run/identity.js';
import { section } from './settings/section.js';
import { integer } from './settings/setting.js';
import { makerOfModels, NO_REPORT } from './testing/maker.js';
import { addWorld, knownWorlds } from './worlds/known.js';

const maker = makerOfModels('dream');
const report = NO_REPORT;

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

it('opens what a system left that is not registered, whose settings it cannot hold against their hash', () => {
  const dreams = section({
    name: 'dreams',
    schema: z.object({ steps: integer('Steps.', 3), saveEvery: integer('Steps between saves.', 2, { hashed: false }) }),
  });
  const withDreams = { worlds: [gridworldPinpad], models: [transformer] };
  const registered = [{ name: 'dreams', sections: [dreams], phases: [maker], report }];
  openHouse({ ...withDreams, systems: registered });
  const run = identify({ phase: 'dream', preset: 'grid-mini', seed: 0, config: preset('grid-mini'), inputs: {} });
  const changed = { ...run, config: { ...run.config, dreams: { steps: 4, saveEvery: 2 } } as PartialConfig };
  const read = (left: object) => readIdentity('config.json', JSON.stringify(left));
  expect(read(run)).toEqual(run);
  expect(() => read(changed)).toThrow(/its hash is another/);
  openHouse({ ...withDreams, systems: [] });
  expect(read(run)).toEqual(run);
});
