import { afterAll, beforeAll, expect, test } from 'vitest';
import { backward } from './autograd.js';
import type { Device } from './device.js';
import { CaptureError, DisposedError, ShapeError } from './errors.js';
import { requestDevice } from './node.js';
import { add, linear, mul, relu, scale, square, sum } from './ops/index.js';
import type { Tensor } from './tensor.js';

let device: Device;
let bytesAtStart: number;
beforeAll(async () => {
  device = await requestDevice();
  bytesAtStart = device.pool.allocatedBytes;
});
afterAll(() => {
  expect(device.live).toBe(0);
  device.trim();
  expect(device.pool.allocatedBytes).toBe(bytesAtStart);
  device.close();
});

const wave = (n: number, phase = 0): Float32Array => Float32Array.from({ length: n }, (_, i) => Math.sin(1.7 * i + phase));
const values = async (tensor: Tensor): Promise<number[]> => Array.from(await tensor.read());

/** Two layers and their gradient by hand-rolled descent: temporaries of several sizes, some of them long-lived. */
function step(x: Tensor, w: Tensor): { loss: Tensor; gradient: Tensor } {
  const leaf = w.detach();
  leaf.requiresGradient = true;
  leaf.gradient = w.device.zeros(w.shape);
  const hidden = relu(linear(x, leaf));
  const loss = sum(square(linear(hidden, leaf)));
  backward(loss);
  return { loss, gradient: leaf.gradient };
}

test('a replay gives the bits of the eager step, for every input written before it', async () => {
  using _scope = device.scope();
  const [x, w] = [device.empty([33, 20]), device.tensor(wave(400, 1), [20, 20])];
  x.write(wave(660));
  using program = device.capture(() => step(x, w));
  for (const phase of [0, 1, 2]) {
    x.write(wave(660, phase));
    program.run();
    const replayed = [await values(program.outputs.loss), await values(program.outputs.gradient)];
    const eager = step(x, w);
    expect(replayed).toEqual([await values(eager.loss), await values(eager.gradient)]);
    expect(replayed[0][0]).toBeGreaterThan(0);
  }
});

test('repeated runs carry state only in tensors made outside', async () => {
  using _scope = device.scope();
  const total = device.zeros([5]);
  using program = device.capture(() => {
    const local = device.zeros([5]);
    const one = add(local, device.tensor(Float32Array.of(1)));
    device.copy(add(total, one), total);
    return { one };
  });
  for (let i = 0; i < 3; i++) program.run();
  expect(await values(total)).toEqual([3, 3, 3, 3, 3]);
  expect(await values(program.outputs.one)).toEqual([1, 1, 1, 1, 1]);
});

test('programs share memory for their temporaries, and outputs survive the runs of others', async () => {
  using _scope = device.scope();
  const x = device.tensor(wave(50_000));
  const chain = (factor: number) => () => ({ y: scale(square(scale(square(scale(x, factor)), 2)), 1 / factor) });
  using first = device.capture(chain(2));
  const bytes = device.pool.allocatedBytes;
  using second = device.capture(chain(3));
  // Its output alone is new.
  expect(device.pool.allocatedBytes - bytes).toBeLessThanOrEqual(1.125 * 4 * 50_000);
  first.run();
  const before = await values(first.outputs.y);
  second.run();
  expect(await values(first.outputs.y)).toEqual(before);
  first.run();
  expect(await values(second.outputs.y)).toEqual(Array.from(await chain(3)().y.read()));
  expect(before).toEqual(Array.from(await chain(2)().y.read()));
});

test('a program captured later with larger temporaries leaves the earlier one as it was', async () => {
  using _scope = device.scope();
  const [small, large] = [device.tensor(wave(100)), device.tensor(wave(40_000))];
  const chain = (x: Tensor) => () => ({ y: square(scale(square(scale(x, 2)), 3)) });
  using first = device.capture(chain(small));
  using second = device.capture(chain(large));
  device.run([first, second, first]);
  expect(await values(first.outputs.y)).toEqual(await values(chain(small)().y));
  expect(await values(second.outputs.y)).toEqual(await values(chain(large)().y));
});

test('several programs run in order in one submit, after eager launches that wait', async () => {
  using _scope = device.scope();
  const x = device.tensor(Float32Array.of(1));
  using double = device.capture(() => {
    device.copy(scale(x, 2), x);
    return {};
  });
  using increment = device.capture(() => {
    device.copy(scale(x, 1, 1), x);
    return {};
  });
  device.copy(scale(x, 1, 9), x);
  const before = { ...device.counters };
  device.run([double, increment, double]);
  expect(device.counters.submits - before.submits).toBe(1);
  expect(device.counters.dispatches - before.dispatches).toBe(double.length * 2 + increment.length + 2);
  expect(await x.item()).toBe(42);
});

test('what is uploaded inside a capture is a constant of the program', async () => {
  using _scope = device.scope();
  const x = device.zeros([3]);
  const live = device.live;
  const program = device.capture(() => ({ y: add(x, device.tensor(Float32Array.of(1, 2, 3))) }));
  for (const value of [0, 10]) {
    x.write(Float32Array.of(value, value, value));
    program.run();
    expect(await values(program.outputs.y)).toEqual([value + 1, value + 2, value + 3]);
  }
  expect(device.live).toBe(live + 2);
  program.dispose();
  expect(device.live).toBe(live);
});

test('an output may be a view, a tensor made outside, or one that nothing writes', async () => {
  using _scope = device.scope();
  const x = device.tensor(wave(6));
  using program = device.capture(() => {
    const y = scale(x, 2);
    return { y, view: y.reshape([2, 3]), x, untouched: device.empty([2]) };
  });
  program.run();
  expect(program.outputs.view.shape).toEqual([2, 3]);
  expect(await values(program.outputs.view)).toEqual(await values(program.outputs.y));
  expect(await values(program.outputs.x)).toEqual(Array.from(wave(6)));
  expect(await values(program.outputs.untouched)).toHaveLength(2);
});

test('an error inside a capture frees what it made, and the next capture works', async () => {
  using _scope = device.scope();
  const x = device.tensor(wave(10));
  device.flush();
  const [live, before] = [device.live, { ...device.counters }];
  const failing = () =>
    device.capture(() => {
      add(scale(x, 2), device.tensor(wave(10)));
      return { y: x.reshape([3]) };
    });
  expect(failing).toThrow(ShapeError);
  expect(device.live).toBe(live);
  device.flush();
  expect(device.counters.dispatches).toBe(before.dispatches);
  using program = device.capture(() => ({ y: scale(x, 2) }));
  program.run();
  expect(await values(program.outputs.y)).toEqual(Array.from(wave(10), (value) => 2 * value));
});

test('a capture, a run or a read inside a capture is refused', async () => {
  using _scope = device.scope();
  const x = device.tensor(wave(4));
  using program = device.capture(() => ({ y: scale(x, 2) }));
  const inside = (body: () => unknown) => () =>
    device.capture(() => {
      body();
      return {};
    });
  expect(inside(() => device.capture(() => ({})))).toThrow(CaptureError);
  expect(inside(() => program.run())).toThrow(CaptureError);
  let reading: Promise<unknown> = Promise.resolve();
  inside(() => {
    reading = x.read();
  })().dispose();
  await expect(reading).rejects.toThrow(CaptureError);
});

test('temporaries are gone when the capture ends', async () => {
  using _scope = device.scope();
  const x = device.tensor(wave(4));
  let temporary = x;
  using program = device.capture(() => {
    temporary = scale(x, 2);
    return { y: square(temporary) };
  });
  program.run();
  await expect(temporary.read()).rejects.toThrow(DisposedError);
  expect(() => temporary.write(wave(4))).toThrow(DisposedError);
  expect(() => scale(temporary, 2)).toThrow(DisposedError);
  expect(() => device.capture(() => ({ y: scale(temporary, 2) }))).toThrow(DisposedError);
});

test('a program whose tensors were freed is refused, naming the operation', () => {
  using _scope = device.scope();
  const [x, y] = [device.tensor(wave(4)), device.tensor(wave(4))];
  using program = device.capture(() => ({ sum: mul(x, y) }));
  program.run();
  x.dispose();
  expect(() => program.run()).toThrow(/^elementwise\/mul.*freed/);
  using other = device.capture(() => ({ z: scale(y, 2) }));
  other.outputs.z.dispose();
  expect(() => device.run([other])).toThrow(DisposedError);
  program.dispose();
  expect(() => program.run()).toThrow(/program that was disposed/);
  expect(() =>
    device.capture(() => {
      const z = scale(y, 2);
      y.dispose();
      return { z };
    }),
  ).toThrow(DisposedError);
});

test('eager launches that wait survive a run or a read that is refused', async () => {
  using _scope = device.scope();
  const [x, gone] = [device.tensor(Float32Array.of(1)), device.tensor(Float32Array.of(2))];
  const program = device.capture(() => ({ y: scale(x, 2) }));
  program.dispose();
  gone.dispose();
  const y = scale(x, 5);
  expect(() => program.run()).toThrow(DisposedError);
  await expect(device.read([y, gone])).rejects.toThrow(DisposedError);
  expect(await y.item()).toBe(5);
});

test('ready compiles what a run needs, and a run after it compiles nothing', async () => {
  using _scope = device.scope();
  const fresh = await requestDevice();
  const made: string[] = [];
  const compile = fresh.gpu.createComputePipeline.bind(fresh.gpu);
  fresh.gpu.createComputePipeline = (descriptor) => {
    made.push(descriptor.label ?? '');
    return compile(descriptor);
  };
  const x = fresh.tensor(wave(12), [3, 4]);
  const program = fresh.capture(() => ({ y: sum(relu(linear(x, x))) }));
  await program.ready();
  await program.ready();
  program.run();
  const ready = await program.outputs.y.item();
  expect(made).toEqual([]);
  const other = fresh.capture(() => ({ y: square(x) }));
  other.run();
  expect(made).toHaveLength(1);
  await other.ready();
  expect(fresh.counters.pipelines).toBe(program.length + 1);
  const w = device.tensor(wave(12), [3, 4]);
  expect(ready).toBe(await sum(relu(linear(w, w))).item());
  fresh.close();
});
