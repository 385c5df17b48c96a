/** What packed tests get for `vitest`: its own parts that collect, run and expect, without Vite and its workers. */
import { chai, JestAsymmetricMatchers, JestChaiExpect, JestExtend } from '@vitest/expect';
import { getCurrentTest } from '@vitest/runner';

export { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } from '@vitest/runner';

chai.use(JestExtend);
chai.use(JestChaiExpect);
chai.use(JestAsymmetricMatchers);

/** An assertion that knows its test, which waits for those that take time. */
const expectInTest = (value: unknown, message?: string): unknown => {
  const assertion = chai.expect(value, message) as unknown as { withTest(test: unknown): unknown };
  const test = getCurrentTest();
  return test ? assertion.withTest(test) : assertion;
};
export const expect = Object.assign(expectInTest, chai.expect);
