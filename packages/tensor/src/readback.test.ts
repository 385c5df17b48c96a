import { afterAll, expect, test, vi } from 'vitest';
import { requestDevice } from './node.js';

const device = await requestDevice();
afterAll(() => device.close());

/** How many buffers for the host to read were made meanwhile. */
async function made(act: () => Promise<unknown>): Promise<number> {
  const create = vi.spyOn(device.gpu, 'createBuffer');
  try {
    await act();
    return create.mock.calls.filter(([{ label }]) => label === 'readback').length;
  } finally {
    create.mockRestore();
  }
}

const numbers = (size: number, first: number) => Float32Array.from({ length: size }, (_, i) => first + i);

test('a read goes through the buffer of the one before, and has numbers of its own', async () => {
  const [small, large] = [device.tensor(numbers(3, 10)), device.tensor(numbers(500, 20))];
  expect(await made(() => large.read())).toBeLessThanOrEqual(1);
  const reads: unknown[] = [];
  expect(await made(async () => reads.push(await large.read(), await small.read(), await large.read()))).toBe(0);
  expect(reads).toEqual([numbers(500, 20), numbers(3, 10), numbers(500, 20)]);
});

test('reads under way at once have a buffer each', async () => {
  const tensors = [1, 2, 3].map((first) => device.tensor(numbers(100, first)));
  expect(await Promise.all(tensors.map((tensor) => tensor.read()))).toEqual([1, 2, 3].map((first) => numbers(100, first)));
  expect(await made(() => tensors[0].read())).toBe(0);
});

test('a large buffer is not kept', async () => {
  const large = device.tensor(numbers(1 << 19, 0));
  for (let i = 0; i < 2; i++) expect(await made(() => large.read())).toBe(1);
});
