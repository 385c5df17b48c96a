import { afterEach, describe, expect, test } from 'vitest';
import { dawnFlags, dawnRequest, dawnWords } from './dawn.js';
import { requestDevice } from './node.js';
import { scale } from './ops/index.js';

const flags = (...parts: string[]): string[] => dawnFlags(dawnRequest(parts));

describe('what Dawn is given', () => {
  test('toggles of any spelling end in one flag for each direction, once each', () => {
    expect(flags('allow_unsafe_apis', 'enable-dawn-features=dump_shaders,skip_validation', 'dump_shaders')).toEqual([
      'enable-dawn-features=allow_unsafe_apis,dump_shaders,skip_validation',
    ]);
    expect(flags('a, no-b ,c', 'disable-dawn-features=d', 'enable-dawn-features=e')).toEqual([
      'enable-dawn-features=a,c,e',
      'disable-dawn-features=b,d',
    ]);
    expect(flags()).toEqual([]);
    expect(flags('', 'enable-dawn-features=', ' , ')).toEqual([]);
  });

  test('other options pass through as they are', () => {
    expect(flags('verbose=1', 'a', 'adapter=llvmpipe (LLVM 15.0.6, 256 bits)')).toEqual([
      'enable-dawn-features=a',
      'verbose=1',
      'adapter=llvmpipe (LLVM 15.0.6, 256 bits)',
    ]);
  });

  test('of a toggle that is named twice the last word holds', () => {
    expect(flags('a', 'no-a', 'b')).toEqual(['enable-dawn-features=b', 'disable-dawn-features=a']);
    expect(flags('disable-dawn-features=a', 'a')).toEqual(['enable-dawn-features=a']);
  });

  test('its words mean the same when they are read again', () => {
    const request = dawnRequest(['a,no-b', 'verbose=1', 'enable-dawn-features=c']);
    expect(dawnWords(request)).toEqual(['a', 'no-b', 'c', 'verbose=1']);
    expect(dawnRequest(dawnWords(request))).toEqual(request);
  });

  test.each(['-skip_validation', 'Skip', 'skip validation', 'enable-dawn-features=skip-validation', 'no-no-skip'])(
    '%s is refused',
    (part) => {
      expect(() => flags(part)).toThrow(expect.objectContaining({ code: 'bad-toggle' }));
    },
  );
});

describe('devices of a Dawn with toggles', () => {
  const before = process.env.COXSWAIN_DAWN;
  afterEach(() => {
    if (before === undefined) delete process.env.COXSWAIN_DAWN;
    else process.env.COXSWAIN_DAWN = before;
  });

  /**
   * What the toggles of a device's Dawn let pass: text that needs allow_unsafe_apis, a buffer that validation refuses.
   */
  async function passes(
    ...asked: Parameters<typeof requestDevice>
  ): Promise<{ unsafe: boolean; invalid: boolean; dawn: readonly string[] }> {
    const device = await requestDevice(...asked);
    const { gpu, dawn } = device;
    const accepted = async (work: () => unknown): Promise<boolean> => {
      gpu.pushErrorScope('validation');
      work();
      return (await gpu.popErrorScope()) === null;
    };
    const code = 'enable chromium_disable_uniformity_analysis; @compute @workgroup_size(1) fn main() {}';
    const unsafe = await accepted(() => gpu.createShaderModule({ code }));
    const invalid = await accepted(() => gpu.createBuffer({ size: 4, usage: 0x81 }));
    expect(await scale(device.tensor(Float32Array.of(2)), 3).item()).toBe(6);
    device.close();
    return { unsafe, invalid, dawn };
  }

  test('matrix units and a toggle of the caller, both hold', async () => {
    expect(await passes()).toMatchObject({ unsafe: false, invalid: false });
    expect(await passes({ subgroupMatrices: true })).toMatchObject({ unsafe: true, invalid: false });
    expect(await passes({ dawn: ['enable-dawn-features=skip_validation'] })).toMatchObject({ unsafe: false, invalid: true });
    expect(await passes({ subgroupMatrices: true, dawn: ['enable-dawn-features=skip_validation'] })).toMatchObject({
      unsafe: true,
      invalid: true,
    });
  });

  test('COXSWAIN_DAWN and options add up, and options have the last word', async () => {
    process.env.COXSWAIN_DAWN = 'skip_validation,no-timestamp_quantization';
    expect(await passes({ dawn: ['allow_unsafe_apis'] })).toEqual({
      unsafe: true,
      invalid: true,
      dawn: ['skip_validation', 'no-timestamp_quantization', 'allow_unsafe_apis'],
    });
    expect(await passes({ dawn: ['no-skip_validation'] })).toMatchObject({ unsafe: false, invalid: false });
  });

  test('a toggle that Dawn does not have is refused by name', async () => {
    const refused = expect.objectContaining({ code: 'bad-toggle', value: 'skip_valuation' });
    await expect(requestDevice({ dawn: ['skip_valuation'] })).rejects.toEqual(refused);
    process.env.COXSWAIN_DAWN = 'skip_valuation';
    await expect(requestDevice()).rejects.toEqual(refused);
  });
});
