import { gridworldPinpad } from '@coxswain/envs';
import { allSettings, BASE_INPUT, openHouse, resolve } from '@coxswain/lab';
import { hawk, transformer } from '@coxswain/transformer';
import { expect, it } from 'vitest';
import { imitation } from './system.js';

openHouse({ worlds: [gridworldPinpad], models: [transformer, hawk], systems: [imitation] });

it('stands alone: its settings, its part of each preset, and the bases of others', () => {
  expect(new Set(allSettings().map(({ section }) => section))).toEqual(new Set(['world', 'model', 'pretrain']));
  expect(resolve('grid-small').pretrain.batch).toBe(512);
  expect(() => resolve('grid-mini', ['pretrain.parts=3'])).toThrow(/a divisor of pretrain.batch/);
  expect(BASE_INPUT.phase).toBe('pretrain');
});

it('tells of no model where there is none', () => {
  const { facts, charts, tables } = imitation.report;
  expect([facts([]), charts([]), tables([])]).toEqual([[{ label: 'sequence models', value: '0' }], [], []]);
});
