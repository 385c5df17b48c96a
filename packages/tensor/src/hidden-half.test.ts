/** f16 on an adapter that says it is an NVIDIA card with an old driver: the machine's own, made to look so. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HIDDEN_HALF, halfIsRight, hidesHalf } from './hidden-half.js';
import { requestDevice } from './node.js';

/** What the next adapter says of itself, and whether its conversions to f16 are wrong. */
const fake = vi.hoisted(() => ({ description: '', wrong: false, flags: [] as string[][] }));

vi.mock('webgpu', async (original) => {
  const real = await original<typeof import('webgpu')>();
  const create = (flags: string[]) => {
    const gpu = real.create(flags);
    const shown = flags.some((flag) => /^enable-dawn-features=.*vulkan_enable_f16_on_nvidia/.test(flag));
    return {
      requestAdapter: async () => {
        // Not where it is made: instances are used again.
        fake.flags.push(flags);
        const adapter = (await gpu.requestAdapter()) as GPUAdapter;
        const { subgroupMinSize, subgroupMaxSize } = adapter.info as { subgroupMinSize?: number; subgroupMaxSize?: number };
        return {
          info: { vendor: 'nvidia', architecture: '', device: '', description: fake.description, subgroupMinSize, subgroupMaxSize },
          limits: adapter.limits,
          features: new Set([...adapter.features].filter((name) => shown || name !== 'shader-f16')),
          requestDevice: async (wanted: GPUDeviceDescriptor) => {
            const device = await adapter.requestDevice(wanted);
            const make = device.createShaderModule.bind(device);
            if (fake.wrong) device.createShaderModule = (module) => make({ ...module, code: spoilt(module.code) });
            return device;
          },
        };
      },
    };
  };
  const spoilt = (code: string): string => code.replace('vec4<f16>(x[i])', 'vec4<f16>(x[i] * 1.01)');
  return { ...real, create };
});

/** Each test has an adapter of its own: what is known of one is kept. */
let tests = 0;
beforeEach(() => {
  fake.flags.length = 0;
  fake.wrong = false;
  fake.description = `NVIDIA: 580.159.0${++tests}`;
});
const before = process.env.COXSWAIN_DAWN;
afterEach(() => {
  if (before === undefined) delete process.env.COXSWAIN_DAWN;
  else process.env.COXSWAIN_DAWN = before;
});

const asked = (): boolean[] =>
  fake.flags.map((flags) => flags.some((flag) => flag.includes(`enable-dawn-features`) && flag.includes(HIDDEN_HALF)));

describe('an old driver of NVIDIA', () => {
  test('gets the toggle, and f16, which our kernels are right with', async () => {
    const device = await requestDevice();
    expect(device.traits).toMatchObject({ f16: true, family: 'gpu' });
    expect(device.dawn).toEqual([HIDDEN_HALF]);
    expect(await halfIsRight(device)).toBe(true);
    device.close();
    expect(asked()).toEqual([false, true]);
  });

  test('loses it where our kernels are wrong, and is not tried again', async () => {
    fake.wrong = true;
    for (let i = 0; i < 2; i++) {
      const device = await requestDevice();
      expect(device.traits.f16).toBe(false);
      expect(device.dawn).toEqual([]);
      device.close();
    }
    expect(asked().filter(Boolean)).toHaveLength(1);
  });

  test('keeps what the caller says of the toggle', async () => {
    const without = await requestDevice({ dawn: [`no-${HIDDEN_HALF}`] });
    expect(without.traits.f16).toBe(false);
    without.close();
    process.env.COXSWAIN_DAWN = HIDDEN_HALF;
    fake.wrong = true;
    const insisted = await requestDevice();
    expect(insisted.traits.f16).toBe(true);
    expect(await halfIsRight(insisted)).toBe(false);
    insisted.close();
  });

  test('keeps the other toggles, in one list', async () => {
    const device = await requestDevice({ subgroupMatrices: true, dawn: ['no-timestamp_quantization'] });
    expect(device.dawn).toEqual(['allow_unsafe_apis', 'no-timestamp_quantization', HIDDEN_HALF]);
    device.close();
    expect(fake.flags.at(-1)).toEqual([
      `enable-dawn-features=allow_unsafe_apis,${HIDDEN_HALF}`,
      'disable-dawn-features=timestamp_quantization',
    ]);
  });
});

test.each([
  ['nvidia', 'NVIDIA: 580.159.04 580.159.4.0', [], true],
  ['nvidia', 'NVIDIA: 615.70', [], true],
  ['nvidia', 'NVIDIA: 615.71', [], false],
  ['nvidia', 'NVIDIA: 616.10', [], false],
  ['nvidia', 'NVIDIA: 580.159.04', ['shader-f16'], false],
  ['nvidia', 'a driver without a number', [], false],
  ['amd', 'radv Mesa 25.0.7', [], false],
])('%s, %s with %j: hidden %s', (vendor, description, features, hidden) => {
  expect(hidesHalf({ vendor, description }, new Set(features))).toBe(hidden);
});
