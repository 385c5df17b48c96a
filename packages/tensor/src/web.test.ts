/** The browser's entry on Dawn, which stands in for a browser's WebGPU, and on platforms that have none. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, expect, test, vi } from 'vitest';
import { create, globals } from 'webgpu';
import type { ArgumentError, NoAdapterError } from './errors.js';
import { requestDevice as requestNodeDevice } from './node.js';
import { add } from './ops/index.js';
import { type DeviceOptions, requestDevice } from './web.js';

Object.assign(globalThis, globals);
const dawn = create([]);
afterEach(() => vi.unstubAllGlobals());

/** What asking fails with. */
const refused = (options?: DeviceOptions): Promise<NoAdapterError | ArgumentError> =>
  requestDevice(options).then(
    () => {
      throw new Error('nothing was refused');
    },
    (error) => error,
  );

test('gives what the Node entry gives of the same adapter: features, limits and family', async () => {
  const [own, node] = [await requestDevice({ gpu: dawn }), await requestNodeDevice()];
  const { threads: _, ...traits } = own.traits;
  const { threads: __, ...expected } = node.traits;
  expect(traits).toEqual(process.env.COXSWAIN_FAMILY ? { ...expected, family: traits.family } : expected);
  expect(own.description).toBe(node.description);
  expect([...own.gpu.features].sort()).toEqual([...node.gpu.features].sort());
  const { limits } = (await dawn.requestAdapter()) as GPUAdapter;
  // A device that is asked for plainly binds 8 buffers, whatever the adapter can.
  for (const limit of ['maxStorageBuffersPerShaderStage', 'maxBufferSize', 'maxComputeWorkgroupStorageSize'] as const)
    expect(
      [own, node].map(({ gpu }) => gpu.limits[limit]),
      limit,
    ).toEqual([limits[limit], limits[limit]]);
  const x = own.tensor(Float32Array.of(1, 2));
  expect(await add(x, x).read()).toEqual(Float32Array.of(2, 4));
  own.close();
  node.close();
});

test('takes the platform’s own WebGPU where none is given, and its cores for a software adapter’s threads', async () => {
  const requestAdapter = async (): Promise<object> => {
    const adapter = (await dawn.requestAdapter()) as GPUAdapter;
    const { limits, features } = adapter;
    const info = { vendor: 'google', architecture: 'swiftshader', device: '', description: '' };
    return { info, limits, features, requestDevice: (wanted: GPUDeviceDescriptor) => adapter.requestDevice(wanted) };
  };
  vi.stubGlobal('navigator', { gpu: { requestAdapter }, hardwareConcurrency: 3 });
  const device = await requestDevice();
  expect(device.traits).toMatchObject({ family: 'software', threads: 3 });
  expect(device.description).toBe('google · swiftshader');
  device.close();
  const asked = await requestDevice({ family: 'gpu' });
  expect(asked.traits.family).toBe('gpu');
  asked.close();
});

test.each([
  ['no WebGPU', {}, undefined, /no navigator\.gpu.*Use a browser with WebGPU/],
  ['a page that is not secure', {}, false, /not secure.*https/],
  ['no adapter', { gpu: { requestAdapter: async (): Promise<null> => null } }, true, /gives no adapter.*hardware acceleration/],
  [
    'an adapter that fails',
    { gpu: { requestAdapter: () => Promise.reject(new Error('the process is gone')) } },
    true,
    /the process is gone/,
  ],
] as const)('where there is %s: a NoAdapterError that says what to do', async (_, navigator, secure, says) => {
  vi.stubGlobal('navigator', navigator);
  vi.stubGlobal('isSecureContext', secure);
  const error = await refused();
  expect(error).toMatchObject({ name: 'NoAdapterError', code: 'no-adapter', remedy: expect.any(String) });
  expect(error.message).toMatch(says);
});

test('an adapter that gives no device is a NoAdapterError too', async () => {
  const adapter = { info: {}, limits: {}, features: new Set(), requestDevice: () => Promise.reject(new Error('limits are refused')) };
  const gpu = { requestAdapter: async () => adapter } as unknown as GPU;
  expect(await refused({ gpu })).toMatchObject({ name: 'NoAdapterError', value: 'limits are refused' });
});

test('what is no GPU or no family is refused', async () => {
  expect(await refused({ gpu: {} as GPU })).toMatchObject({ name: 'ArgumentError', message: expect.stringContaining('navigator.gpu') });
  const error = await refused({ gpu: dawn, family: 'tpu' as 'gpu' });
  expect(error).toMatchObject({ code: 'bad-family', message: '`family` is tpu, expected one of gpu, software' });
});

test('bundles for a browser without anything of Node', async () => {
  const { metafile } = await build({
    entryPoints: [join(import.meta.dirname, 'web.ts')],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    conditions: ['source'],
    loader: { '.wgsl': 'text' },
    logLevel: 'silent',
  });
  const files = Object.keys(metafile.inputs);
  expect(files.length).toBeGreaterThan(10);
  expect(files.filter((file) => /\/node(\.ts$|\/)|node_modules\/webgpu\//.test(file))).toEqual([]);
  expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([]);
});
