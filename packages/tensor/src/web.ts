/** Devices where the platform has WebGPU itself: browsers, their workers, and Deno. */
import { type AdapterOptions, explained, openAdapter, requireFamily } from './adapter.js';
import type { Device } from './device.js';
import { ArgumentError, NoAdapterError } from './errors.js';
import type { Gpu } from './webgpu.js';

export type { Family } from '@coxswain/kernels';
export type { Device } from './device.js';

export interface DeviceOptions extends AdapterOptions {
  /** Where to ask for an adapter: `navigator.gpu` by default. */
  readonly gpu?: Gpu;
}

const BROWSER =
  'Use a browser with WebGPU, and turn it on where it is off; Deno has it too. On Node and Bun import `requestDevice` ' +
  'of `@coxswain/tensor/node`.';
const SECURE = 'Serve the page over https or from localhost: browsers give WebGPU to no other page.';
const HARDWARE =
  'Turn hardware acceleration on in the browser, or update the GPU’s driver; Chromium computes without a GPU when it is ' +
  'started with `--enable-unsafe-webgpu --use-webgpu-adapter=swiftshader`.';

/** Mesa's and Chromium's software drivers use at most this many threads, and no more than there are cores. */
const MOST_THREADS = 32;

/**
 * Finds an adapter of `gpu` and makes a device with all the adapter can give.
 * @throws NoAdapterError that says what to do where there is no WebGPU, or no adapter; ArgumentError for a `gpu` that
 * is none, CoxswainError `bad-family` for a family that there is not.
 */
export async function requestDevice({ gpu, family, ...options }: DeviceOptions = {}): Promise<Device> {
  const asked = family === undefined ? {} : { family: requireFamily(family, '`family`') };
  const adapter = await findAdapter(gpu ?? ownGpu());
  const threads = (): number | undefined => {
    const cores = globalThis.navigator?.hardwareConcurrency;
    return cores ? Math.min(MOST_THREADS, cores) : undefined;
  };
  return openAdapter(adapter, { ...options, ...asked }, { threads, remedy: HARDWARE });
}

/** The platform's own. @throws NoAdapterError where it has none. */
function ownGpu(): GPU {
  const { gpu } = globalThis.navigator ?? {};
  if (gpu) return gpu;
  if (globalThis.isSecureContext === false) throw new NoAdapterError('the page is not secure, so it has no navigator.gpu', SECURE);
  throw new NoAdapterError('there is no navigator.gpu', BROWSER);
}

async function findAdapter(gpu: GPU): Promise<GPUAdapter> {
  if (typeof gpu.requestAdapter !== 'function') throw new ArgumentError('requestDevice', `gpu ${gpu}`, 'a GPU, as navigator.gpu is one');
  const adapter = await explained(HARDWARE, () => gpu.requestAdapter({ powerPreference: 'high-performance' }));
  if (!adapter) throw new NoAdapterError('WebGPU is there, but gives no adapter', HARDWARE);
  return adapter;
}
