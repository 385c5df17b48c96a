import { HostRandom } from '@coxswain/base';
import { NO_WORK } from '@coxswain/lab';
import { expect, test } from 'vitest';
import { fitRates, secondsOf, type Timed } from './fit.js';

test('rates are the best there are, also where kinds of work only ever come together', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new HostRandom(seed);
    const steps = Array.from({ length: 5 }, (): Timed => {
      const [products, attention] = [random.uniform(), random.uniform()];
      return { work: { ...NO_WORK, products, attention, memory: products + attention }, seconds: 0.1 + random.uniform() };
    });
    const rates = fitRates(steps);
    const errors = steps.map(({ work, seconds }) => secondsOf(rates, work) / seconds - 1);
    for (const kind of ['products', 'attention', 'memory'] as const) {
      // Of a minimum with no rate below zero: nothing is gained by more of a kind, nor by less of one that there is
      // some of.
      const slope = steps.reduce((sum, { work, seconds }, i) => sum + (errors[i] * work[kind]) / seconds, 0);
      expect(slope, `${kind}, set ${seed}`).toBeGreaterThan(-1e-6);
      if (rates[kind] > 0) expect(slope, `${kind}, set ${seed}`).toBeLessThan(1e-6);
    }
  }
});
