/** Devices on Node, through Dawn. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { CoxswainError } from '@coxswain/base';
import { type AdapterTraits, type Family, halfMatrix, type MatrixConfiguration } from '@coxswain/kernels';
import { badToggle, type DawnRequest, dawnFlags, dawnRequest, dawnWords } from './dawn.js';
import { Device } from './device.js';
import { NoAdapterError } from './errors.js';
import { HIDDEN_HALF, halfIsRight, hidesHalf } from './hidden-half.js';
import { nap } from './nap.js';
import { DRIVER, loadDawn } from './node/load-dawn.js';

export { openSafetensorsFile, type SafetensorsFile, writeSafetensorsFile } from './node/safetensors-file.js';

// Dawn's instances are kept for ever, for collecting one while a device of its lives crashes; and used again, for
// Mesa's software driver gives memory back to its instance only. Each serves one device at a time: two of one instance
// do not compute side by side.
const kept = new Set<GPU>();
/** Those whose device was closed, by what they were made with. */
const idle = new Map<string, GPU[]>();

/** An instance that serves nobody. @returns it, and what to call when its device closes. */
async function takeInstance(flags: readonly string[]): Promise<{ readonly gpu: GPU; readonly giveBack: () => void }> {
  // Mesa's threads are the instance's.
  const madeWith = JSON.stringify([flags, process.env.LP_NUM_THREADS]);
  const waiting = idle.get(madeWith) ?? [];
  idle.set(madeWith, waiting);
  const gpu = waiting.pop() ?? (await loadDawn()).create([...flags]);
  return { gpu, giveBack: () => waiting.push(gpu) };
}

export interface DeviceOptions {
  /**
   * Dawn toggles (`TOGGLE` on, `no-TOGGLE` off) and `KEY=VALUE` options of the `webgpu` package's `create`, beside
   * those that the environment variable COXSWAIN_DAWN lists with commas between; where they contradict it, they hold.
   */
  readonly dawn?: readonly string[];
  /**
   * Kernels of this family, whatever the adapter: to test those of GPUs where there is none, or to compare. By default
   * what the environment variable COXSWAIN_FAMILY says, else the adapter's own.
   */
  readonly family?: Family;
  /**
   * Ask for the matrix units too (`chromium-experimental-subgroup-matrix`), where the adapter lists them. Dawn gives
   * them only with its unsafe interfaces allowed, so it is off by default.
   */
  readonly subgroupMatrices?: boolean;
}

/** Mesa's software driver uses every core, at most 32, or as many as LP_NUM_THREADS says; with 0 the one that asks. */
function softwareThreads(): number {
  const asked = Number.parseInt(process.env.LP_NUM_THREADS ?? '', 10);
  return Math.max(1, Math.min(32, Number.isNaN(asked) ? availableParallelism() : asked));
}

/**
 * Dawn ignores a toggle that it does not have, and tells nobody which it has; but the names of those that it has are in
 * its library.
 * @throws CoxswainError `bad-toggle` for a toggle whose name is not there.
 */
function requireToggles({ toggles }: DawnRequest): void {
  if (toggles.size === 0) return;
  const library = Object.keys(createRequire(import.meta.url).cache).find((file) => /[\\/]dawn\.node$/.test(file));
  if (library === undefined) return;
  const bytes = readFileSync(library);
  // A text in a library ends with a zero byte; it may begin inside another.
  for (const name of toggles.keys()) if (!bytes.includes(`${name}\0`)) throw badToggle(name, 'a toggle that this version of Dawn has');
}

/**
 * What is asked of Dawn, by the options and by the environment.
 * @throws CoxswainError `bad-toggle` for a toggle that Dawn has not.
 */
function askedDawn({ dawn = [], subgroupMatrices }: DeviceOptions): DawnRequest {
  const given = [...(process.env.COXSWAIN_DAWN ?? '').split(','), ...dawn];
  requireToggles(dawnRequest(given));
  return dawnRequest([...(subgroupMatrices ? ['allow_unsafe_apis'] : []), ...given]);
}

/** No name of the standard yet. */
const MATRICES = 'chromium-experimental-subgroup-matrix' as string as GPUFeatureName;

/** What newer adapters tell beyond the standard. */
type Info = GPUAdapterInfo & {
  readonly subgroupMinSize?: number;
  readonly subgroupMaxSize?: number;
  readonly subgroupMatrixConfigs?: Iterable<MatrixConfiguration>;
};

const FAMILIES: readonly string[] = ['gpu', 'software'] satisfies Family[];

/** The family that is asked for, if any. @throws CoxswainError `bad-family` for one that is not. */
function askedFamily({ family }: DeviceOptions): Family | undefined {
  const asked = family ?? process.env.COXSWAIN_FAMILY;
  if (asked === undefined || asked === '') return undefined;
  if (FAMILIES.includes(asked)) return asked as Family;
  const expected = `one of ${FAMILIES.join(', ')}`;
  throw new CoxswainError(`COXSWAIN_FAMILY is ${asked}, expected ${expected}`, {
    code: 'bad-family',
    value: asked,
    expected,
    remedy: 'Name one of them, or leave it out',
  });
}

interface Found {
  readonly request: DawnRequest;
  readonly instance: Awaited<ReturnType<typeof takeInstance>>;
  readonly adapter: GPUAdapter;
}

/** The adapter of an instance of Dawn that is made so. @throws NoAdapterError. */
async function find(request: DawnRequest): Promise<Found> {
  const { instance, adapter } = await explained(async () => {
    const taken = await takeInstance(dawnFlags(request));
    return { instance: taken, adapter: await taken.gpu.requestAdapter({ powerPreference: 'high-performance' }) };
  });
  if (!adapter) throw new NoAdapterError('Dawn lists none', DRIVER);
  return { request, instance, adapter };
}

/** Whether f16 is right that Dawn hides, by adapter: it is tried once in a process. */
const hiddenHalf = new Map<string, boolean>();

/**
 * Finds an adapter and makes a device with all the adapter can give, f16 that Dawn hides on older drivers of NVIDIA's
 * too where our kernels are right with it (`no-vulkan_enable_f16_on_nvidia` leaves it hidden).
 * @throws NoAdapterError that says what to install, a driver or the package `webgpu`; CoxswainError `bad-family` for
 * a family that there is not, `bad-toggle` for a toggle.
 */
export async function requestDevice(options: DeviceOptions = {}): Promise<Device> {
  const asked = askedFamily(options);
  Object.assign(globalThis, (await loadDawn()).globals);
  const request = askedDawn(options);
  const found = await find(request);
  const { info, features } = found.adapter;
  if (request.toggles.has(HIDDEN_HALF) || hiddenHalf.get(info.description) === false || !hidesHalf(info, features))
    return open(found, asked, options);
  const shown = await open(await find({ ...request, toggles: new Map([...request.toggles, [HIDDEN_HALF, true]]) }), asked, options);
  const right = hiddenHalf.get(info.description) ?? (await halfIsRight(shown));
  hiddenHalf.set(info.description, right);
  if (!right) {
    shown.close();
    return open(found, asked, options);
  }
  found.instance.giveBack();
  return shown;
}

async function open({ request, instance, adapter }: Found, asked: Family | undefined, options: DeviceOptions): Promise<Device> {
  const { limits, info, features } = adapter;
  const matrices = options.subgroupMatrices ? [MATRICES] : [];
  const wanted: GPUFeatureName[] = ['timestamp-query', 'shader-f16', 'subgroups', ...matrices];
  const device = await explained(() =>
    adapter.requestDevice({
      requiredFeatures: wanted.filter((feature) => features.has(feature)),
      requiredLimits: {
        maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
        maxBufferSize: limits.maxBufferSize,
        maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
        maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
        maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
        maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
      },
    }),
  );
  kept.add(instance.gpu);
  // What has lost a device is not asked again.
  let lost = false;
  void device.lost.then(({ reason }) => {
    lost ||= reason !== 'destroyed';
  });
  const description = [info.vendor, info.architecture, info.device, info.description].filter(Boolean).join(' · ');
  const software = /llvmpipe|lavapipe|swiftshader|basic render/i.test(description);
  const { subgroupMinSize: min, subgroupMaxSize: max, subgroupMatrixConfigs } = info as Info;
  const subgroupMatrix = matrices.some((name) => features.has(name)) ? halfMatrix(subgroupMatrixConfigs) : undefined;
  const traits: AdapterTraits = {
    family: asked ?? (software ? 'software' : 'gpu'),
    f16: features.has('shader-f16'),
    ...(software ? { threads: softwareThreads() } : {}),
    ...(features.has('subgroups') && min && max ? { subgroups: { min, max } } : {}),
    ...(subgroupMatrix ? { subgroupMatrix } : {}),
  };
  return new Device(device, traits, description, () => lost || instance.giveBack(), nap, dawnWords(request));
}

/** What `ask` gives, or a NoAdapterError with what it threw. */
async function explained<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw new NoAdapterError(error instanceof Error ? error.message : String(error), DRIVER, { cause: error });
  }
}

/** Devices that share the cores of a machine without a GPU; more have not been measured. */
const MOST_SHARING = 2;

/**
 * Devices for work that falls into independent parts of many small launches, such as rollouts: on a GPU one. A software
 * driver spreads every launch over its threads, which costs a small one more than it spares, so there each of several
 * devices computes by itself. One device where LP_NUM_THREADS says how many threads there are to be.
 * @throws like `requestDevice`.
 */
export async function requestDevices(options: DeviceOptions = {}): Promise<Device[]> {
  const cores = availableParallelism();
  const count = Math.min(MOST_SHARING, cores);
  if (process.env.LP_NUM_THREADS || count === 1) return [await requestDevice(options)];
  const threads = Math.floor(cores / count);
  // Mesa reads it when an adapter is asked for.
  process.env.LP_NUM_THREADS = String(threads > 1 ? threads : 0);
  const devices: Device[] = [];
  try {
    devices.push(await requestDevice(options));
    const software = devices[0].traits.threads !== undefined;
    while (software && devices.length < count) devices.push(await requestDevice(options));
    return devices;
  } catch (error) {
    for (const device of devices) device.close();
    throw error;
  } finally {
    delete process.env.LP_NUM_THREADS;
  }
}
