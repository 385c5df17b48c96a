import { preset } from '@coxswain/lab';
import { expect, it, test } from 'vitest';
import { z } from 'zod';
import '../../src/lists.js';
import { fitted, identify, readIdentity } from '@coxswain/lab';

const refuse = (fault: string): never => {
  throw new Error(fault);
};

test('a value that fits is given as it is, keys without a shape too', () => {
  const value = { step: 3, more: [1] };
  expect(fitted(z.looseObject({ step: z.int() }), value, refuse)).toBe(value);
  expect(() => fitted(z.looseObject({ step: z.int() }), { step: '3' }, refuse, 'progress.json')).toThrow(
    'progress.json › step: Invalid input: expected number, received string',
  );
});

const { model } = preset('grid-mini');
const base = { phase: 'pretrain', seed: 1, sha256: 'ab' };
const identity = identify({ phase: 'discover', preset: 'grid-mini', seed: 2, config: { model }, inputs: { base } });

it.each([
  ['a list', [], 'Invalid input: expected object, received array'],
  ['no inputs', { ...identity, inputs: undefined }, 'inputs: Invalid input: expected record, received undefined'],
  ['an input without a digest', { ...identity, inputs: { base: { phase: 'pretrain', seed: 1 } } }, 'inputs › base › sha256: '],
  ['a section that is none', { ...identity, config: { model: 7 } }, 'config › model: '],
])('a config.json with %s is refused at the place', (_, content, told) => {
  expect(readIdentity('config.json', JSON.stringify(identity)).hash).toBe(identity.hash);
  expect(() => readIdentity('config.json', JSON.stringify(content))).toThrow(told);
});
