/** One mistake costs one call: whatever is refused, the device computes rightly afterwards. */
import { fill, type Kernel } from '@coxswain/kernels';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Program } from './capture.js';
import type { Device } from './device.js';
import { CaptureError, DeviceLostError, DisposedError, LaunchError, OutOfMemoryError } from './errors.js';
import { LaunchTimer } from './launch-timer.js';
import { requestDevice } from './node.js';
import { add, linear, relu, scale } from './ops/index.js';
import type { Tensor } from './tensor.js';

let device: Device;
beforeEach(async () => {
  device = await requestDevice();
});
/** Every test ends so: eagerly and captured, what is computed is right. */
afterEach(async () => {
  const x = device.tensor(Float32Array.of(1, 2, 3, -4), [2, 2]);
  const eager = relu(linear(x, x));
  const program = device.capture(() => ({ y: relu(linear(x, x)) }));
  program.run();
  expect(await device.read([eager, program.outputs.y])).toEqual([Float32Array.of(5, 0, 0, 25), Float32Array.of(5, 0, 0, 25)]);
  device.close();
});

const thrown = async (body: () => unknown): Promise<unknown> => {
  try {
    await body();
  } catch (error) {
    return error;
  }
  return undefined;
};

type Filling = { readonly count: number; readonly value: number };
const SHAPE: Filling = { count: 4, value: 7 };
const kernel = (name: string, wrong: Partial<Kernel<Filling>>): Kernel<Filling> => ({ ...fill, name, ...wrong });

/** What WebGPU has something against: what the compiler or the validation then says. */
const BAD: readonly [string, Kernel<Filling>, RegExp][] = [
  ['text that does not parse', kernel('test/text', { source: 'fn main( {' }), /:\d+:10 error: expected '\)' for function declaration/],
  [
    'text of wrong types',
    kernel('test/types', { source: fill.source.replace('@compute', 'const WRONG: u32 = -1.5;\n@compute') }),
    /:\d+:\d+ error: .*WRONG/s,
  ],
  [
    'a layout that does not match the text',
    kernel('test/layout', {
      source: `@group(0) @binding(9) var<storage, read> more: array<u32>;\n${fill.source.replace('uniforms.count', 'more[0]')}`,
    }),
    /binding/i,
  ],
  [
    'a workgroup that is too large',
    kernel('test/workgroup', { source: fill.source.replace('@workgroup_size(WORKGROUP)', '@workgroup_size(65537)') }),
    /65537/,
  ],
  ['no entry point', kernel('test/entry', { source: fill.source.replace('fn main', 'fn other') }), /main/],
  ['fewer uniforms than the text has', kernel('test/uniforms', { uniforms: [] }), /unresolved value 'uniforms'/],
];

describe('kernels that WebGPU refuses', () => {
  test.each(BAD)('%s, launched: the launch throws with name and reason, what waits with it runs', async (_, bad, reason) => {
    const x = device.tensor(Float32Array.of(1, 2));
    const before = scale(x, 10);
    const out = device.tensor(Float32Array.of(5, 6, 7, 8));
    const error = await thrown(() => device.dispatch(bad, SHAPE, { out }));
    expect(error).toBeInstanceOf(LaunchError);
    expect(String(error)).toContain(bad.name);
    expect(String(error)).toMatch(reason);
    const after = scale(before, 10);
    expect(await device.read([before, after, out])).toEqual([
      Float32Array.of(10, 20),
      Float32Array.of(100, 200),
      Float32Array.of(5, 6, 7, 8),
    ]);
    // Again, and in a capture: refused at once.
    expect(() => device.dispatch(bad, SHAPE, { out })).toThrow(reason);
    expect(await out.read()).toEqual(Float32Array.of(5, 6, 7, 8));
  });

  test.each(BAD)('%s, captured: no run of it runs in part, and other programs run', async (_, bad, reason) => {
    const out = device.tensor(Float32Array.of(5, 6, 7, 8));
    const good = device.capture(() => ({ y: scale(out, 2) }));
    const waiting = scale(out, 3);
    let program: Program | undefined;
    const capture = (): void => {
      program = device.capture(() => {
        device.dispatch(fill, { count: 1, value: 0 }, { out });
        device.dispatch(bad, SHAPE, { out });
        return {};
      });
    };
    const error = (await thrown(capture)) ?? (await thrown(() => device.run([good, program as Program])));
    expect(error).toBeInstanceOf(LaunchError);
    expect(String(error)).toMatch(reason);
    expect(String(error)).toContain(bad.name);
    good.run();
    expect(await device.read([good.outputs.y, waiting, out])).toEqual([
      Float32Array.of(10, 12, 14, 16),
      Float32Array.of(15, 18, 21, 24),
      Float32Array.of(5, 6, 7, 8),
    ]);
  });

  test('made ready side by side: the one that does not compile is named, the others are compiled, and it is refused from then on', async () => {
    const out = device.zeros([4]);
    const [, bad] = BAD[3];
    const record = (which: Kernel<Filling>) =>
      device.capture(() => {
        device.dispatch(which, SHAPE, { out });
        return {};
      });
    const [good, wrong] = [record(fill), record(bad)];
    await expect(wrong.ready()).rejects.toThrow(/test\/workgroup does not compile: .*65537/);
    await expect(device.compile([good, wrong])).rejects.toThrow(LaunchError);
    expect(() => wrong.run()).toThrow(/test\/workgroup/);
    expect(() => device.dispatch(bad, SHAPE, { out })).toThrow(/test\/workgroup/);
    expect(() => record(bad)).toThrow(/test\/workgroup/);
    await good.ready();
    good.run();
    expect(await out.read()).toEqual(Float32Array.of(7, 7, 7, 7));
  });
});

describe('what belongs to another device', () => {
  let other: Device;
  let foreign: Tensor;
  let program: Program<{ y: Tensor }>;
  beforeEach(async () => {
    other = await requestDevice();
    foreign = other.tensor(Float32Array.of(3));
    program = other.capture(() => ({ y: scale(foreign, 2) }));
  });
  afterEach(async () => {
    program.run();
    expect(await other.read([foreign, program.outputs.y])).toEqual([Float32Array.of(3), Float32Array.of(6)]);
    other.close();
  });

  test.each<[string, (own: Tensor) => unknown]>([
    ['a tensor that is read', () => device.read([foreign])],
    ['a tensor that is read beside others', (own) => device.read([own, foreign])],
    ['a tensor that is written', () => device.upload(foreign, Float32Array.of(1))],
    ['an operand', (own) => add(own, foreign)],
    ['an operand in a capture', (own) => device.capture(() => ({ y: add(own, foreign) }))],
    ['a tensor that is copied to', (own) => device.copy(own, foreign)],
    ['a program that is run', () => device.run([program])],
    ['a program that is run before a read', (own) => device.read([own], [program])],
    ['a program that is compiled', () => device.compile([program])],
  ])('%s: a LaunchError, and both go on', async (_, mistake) => {
    const own = device.tensor(Float32Array.of(1));
    const waiting = scale(own, 4);
    const error = await thrown(() => mistake(own));
    expect(error).toBeInstanceOf(LaunchError);
    expect(String(error)).toMatch(/another device/);
    expect(await waiting.item()).toBe(4);
  });
});

describe('what is refused at the submit', () => {
  /** Takes the memory behind the device's back: nothing on the host shows it. */
  const steal = ({ storage }: Tensor): void => (storage.buffer as GPUBuffer).destroy();

  test('a launch among others: it and what reads from it are never computed, the others are, and the error names it', async () => {
    const [x, gone] = [device.tensor(Float32Array.of(1)), device.tensor(Float32Array.of(2))];
    const good = scale(x, 2);
    const bad = add(gone, gone);
    const follows = scale(bad, 3);
    const last = scale(good, 5);
    steal(gone);
    const error = await thrown(() => device.flush());
    expect(error).toBeInstanceOf(LaunchError);
    expect(String(error)).toMatch(/elementwise\/add.*destroyed/s);
    expect(await device.read([good, last])).toEqual([Float32Array.of(2), Float32Array.of(10)]);
    for (const lost of [bad, follows]) {
      await expect(lost.read()).rejects.toThrow(/read: tensor \[1\] was never computed, for elementwise\/add/);
      expect(() => scale(lost, 2)).toThrow(/elementwise\/scale: tensor \[1\] for buffer "x" was never computed/);
      expect(() => device.capture(() => ({ y: scale(lost, 2) }))).toThrow(LaunchError);
    }
    bad.write(Float32Array.of(9));
    expect(await scale(bad, 2).item()).toBe(18);
  });

  test('a program whose operand is spoilt is refused until it is written anew', async () => {
    const [gone, x] = [device.tensor(Float32Array.of(2)), device.tensor(Float32Array.of(1))];
    const program = device.capture(() => ({ y: scale(x, 2) }));
    device.copy(gone, x);
    steal(gone);
    await expect(device.finish()).rejects.toThrow(LaunchError);
    expect(() => program.run()).toThrow(/was never computed/);
    x.write(Float32Array.of(4));
    program.run();
    expect(await program.outputs.y.item()).toBe(8);
  });

  test('a program: nothing of the run runs, the launches that waited do', async () => {
    const [x, gone] = [device.tensor(Float32Array.of(1)), device.tensor(Float32Array.of(2))];
    const good = device.capture(() => {
      device.copy(scale(x, 2), x);
      return {};
    });
    const bad = device.capture(() => ({ y: scale(gone, 2) }));
    const waiting = scale(x, 5);
    steal(gone);
    expect(() => device.run([good, bad])).toThrow(/nothing of a submit ran.*destroyed/s);
    expect(await device.read([x, waiting])).toEqual([Float32Array.of(1), Float32Array.of(5)]);
    good.run();
    expect(await x.item()).toBe(2);
  });

  test('a read, beside reads that wait', async () => {
    const [x, gone] = [device.tensor(Float32Array.of(1)), device.tensor(Float32Array.of(2))];
    steal(gone);
    const [bad, good] = await Promise.allSettled([device.read([gone, x]), scale(x, 3).read()]);
    expect(bad).toMatchObject({ status: 'rejected', reason: expect.any(LaunchError) });
    expect(good).toMatchObject({ status: 'fulfilled', value: Float32Array.of(3) });
  });

  test('while launches are timed: those that ran are', async () => {
    if (!device.gpu.features.has('timestamp-query')) return;
    const timer = new LaunchTimer(device.gpu);
    device.timer = timer;
    const [x, gone] = [device.tensor(Float32Array.of(1)), device.tensor(Float32Array.of(2))];
    const good = scale(x, 2);
    add(gone, gone);
    steal(gone);
    expect(() => device.flush()).toThrow(LaunchError);
    expect((await timer.take()).map(({ name }) => name)).toEqual(['elementwise/scale']);
    device.timer = undefined;
    expect(await good.item()).toBe(2);
  });

  test('what listens throws: its error, and launches run once', async () => {
    const x = device.tensor(Float32Array.of(1));
    device.copy(scale(x, 2), x);
    device.onLaunches = () => {
      throw new RangeError('no ears');
    };
    expect(() => device.flush()).toThrow(RangeError);
    device.onLaunches = undefined;
    expect(await x.item()).toBe(2);
  });
});

/** The adapter has no room for the next buffer, and says so as Dawn does. */
function refuseNext({ gpu }: Device): void {
  class GPUOutOfMemoryError extends Error {}
  const createBuffer = gpu.createBuffer.bind(gpu);
  gpu.createBuffer = (descriptor) => {
    gpu.createBuffer = createBuffer;
    gpu.dispatchEvent(Object.assign(new Event('uncapturederror'), { error: new GPUOutOfMemoryError('no room') }));
    return createBuffer(descriptor);
  };
}

describe('memory', () => {
  test('no room for one tensor: an OutOfMemoryError for it alone, and nothing is counted as held', async () => {
    const { live } = device;
    const bytes = device.pool.allocatedBytes;
    refuseNext(device);
    const error = await thrown(() => device.empty([300_000]));
    expect(error).toBeInstanceOf(OutOfMemoryError);
    expect(String(error)).toMatch(/a buffer of \d+ bytes: no room/);
    expect([device.live, device.pool.allocatedBytes]).toEqual([live, bytes]);
    refuseNext(device);
    expect(() => device.capture(() => ({ y: device.zeros([300_000]) }))).toThrow(OutOfMemoryError);
    expect([device.live, device.pool.allocatedBytes]).toEqual([live, bytes]);
    expect((await device.zeros([300_000]).read()).length).toBe(300_000);
  });

  test('no room to read into', async () => {
    const x = device.tensor(Float32Array.of(1));
    const waiting = scale(x, 2);
    refuseNext(device);
    await expect(waiting.read()).rejects.toThrow(OutOfMemoryError);
    expect(await waiting.item()).toBe(2);
  });

  test('more in one read than one buffer holds', async () => {
    const { maxBufferSize, maxStorageBufferBindingSize } = device.gpu.limits;
    const x = device.empty([Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / 4)]);
    const times = Math.ceil(maxBufferSize / (4 * x.size)) + 1;
    await expect(device.read(Array.from({ length: times }, () => x))).rejects.toThrow(/Out of GPU memory: a read of \d+ bytes/);
  });
});

describe('captures and scopes', () => {
  test('an error in the middle of a capture, in a scope of its own', async () => {
    const x = device.tensor(Float32Array.of(1));
    const { live } = device;
    const failing = (): unknown =>
      device.capture(() => {
        using _scope = device.scope();
        scale(add(x, device.tensor(Float32Array.of(2))), 2);
        throw new RangeError('midway');
      });
    expect(failing).toThrow(RangeError);
    expect(device.live).toBe(live);
    expect(await scale(x, 2).item()).toBe(2);
  });

  test('an error in the middle of a scope frees what was made in it', async () => {
    const x = device.tensor(Float32Array.of(1));
    const { live } = device;
    const failing = (): void => {
      using _scope = device.scope();
      scale(x, 2);
      throw new RangeError('midway');
    };
    expect(failing).toThrow(RangeError);
    expect(device.live).toBe(live);
  });

  test('a capture inside a capture: the outer one goes on where it is caught', async () => {
    const x = device.tensor(Float32Array.of(1));
    const program = device.capture(() => {
      expect(() => device.capture(() => ({}))).toThrow(CaptureError);
      return { y: scale(x, 2) };
    });
    program.run();
    expect(await program.outputs.y.item()).toBe(2);
  });

  test('a body that goes on later', () => {
    const later = async (): Promise<void> => {
      await null;
    };
    const capture = device.capture.bind(device) as unknown as (body: () => unknown) => unknown;
    expect(() => capture(later)).toThrow(/an asynchronous body inside a capture/);
    expect(() => capture(() => Promise.reject(new RangeError('later')))).toThrow(CaptureError);
  });

  test('a write inside a capture, which no run would repeat: refused, and the tensor is as it was', async () => {
    const x = device.tensor(Float32Array.of(1));
    x.name = 'rate';
    const writing = (): unknown =>
      device.capture(() => {
        x.write(Float32Array.of(5));
        return { y: scale(x, 2) };
      });
    expect(writing).toThrow(CaptureError);
    expect(writing).toThrow(/a write to tensor rate\[1\] inside a capture/);
    const temporary = (): unknown =>
      device.capture(() => {
        const y = scale(x, 2);
        y.write(Float32Array.of(5));
        return { y };
      });
    expect(temporary).toThrow(CaptureError);
    expect(await x.item()).toBe(1);
  });

  test('what a disposed program made', async () => {
    const x = device.tensor(Float32Array.of(1));
    const program = device.capture(() => ({ y: scale(x, 2) }));
    program.run();
    const last = scale(program.outputs.y, 3);
    program.dispose();
    expect(() => scale(program.outputs.y, 3)).toThrow(DisposedError);
    await expect(program.outputs.y.read()).rejects.toThrow(DisposedError);
    await expect(program.ready()).rejects.toThrow(DisposedError);
    expect(await last.item()).toBe(6);
  });
});

test('no room in the middle of a submit ends the device: what ran is not known', async () => {
  const other = await requestDevice();
  const x = other.tensor(Float32Array.of(1));
  scale(x, 2);
  refuseNext(other);
  await expect(other.finish()).rejects.toThrow(OutOfMemoryError);
  expect(() => other.zeros([1])).toThrow(OutOfMemoryError);
  other.close();
});

test('a device that is closed while others compute takes nothing with it', async () => {
  const other = await requestDevice();
  const waiting = scale(other.tensor(Float32Array.of(1)), 2);
  const reading = waiting.read();
  other.close();
  await expect(reading).rejects.toThrow(DeviceLostError);
  expect(() => scale(waiting, 2)).toThrow(DeviceLostError);
  await expect(waiting.read()).rejects.toThrow(DeviceLostError);
});
