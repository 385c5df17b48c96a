import { ArgumentError, GATE_MODE } from '@coxswain/tensor';
import { expect, test } from 'vitest';
import { type Gate, gateValues } from './gate.js';

test('a gate is its mode, its temperature, and its threshold as a logit', () => {
  expect([...gateValues({ mode: GATE_MODE.hard })]).toEqual([GATE_MODE.hard, 1, 0, 0]);
  expect([...gateValues({ mode: GATE_MODE.gumbel, temperature: 0.5 })]).toEqual([GATE_MODE.gumbel, 0.5, 0, 0]);
  expect(gateValues({ mode: GATE_MODE.hard, threshold: 0.9 })[2]).toBeCloseTo(Math.log(9), 5);
});

test.each<[string, unknown, string]>([
  ['the four numbers of one', gateValues({ mode: GATE_MODE.hard }), 'mode undefined'],
  ['the name of a mode', { mode: 'hard' }, 'mode hard'],
  ['a temperature of 0', { mode: GATE_MODE.gumbel, temperature: 0 }, 'temperature 0'],
  ['a logit for a threshold', { mode: GATE_MODE.hard, threshold: -2 }, 'threshold -2'],
])('%s is refused', (_, gate, named) => {
  expect(() => gateValues(gate as Gate)).toThrow(ArgumentError);
  expect(() => gateValues(gate as Gate)).toThrow(named);
});
