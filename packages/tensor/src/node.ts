/** Devices on Node, through Dawn. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import type { Family } from '@coxswain/kernels';
import { type AdapterOptions, explained, openAdapter, requireFamily } from './adapter.js';
import { badToggle, type DawnRequest, dawnFlags, dawnRequest, dawnWords } from './dawn.js';
import type { Device } from './device.js';
import { NoAdapterError } from './errors.js';
import { HIDDEN_HALF, halfIsRight, hidesHalf } from './hidden-half.js';
import { nap } from './nap.js';
import { DRIVER, loadDawn } from './node/load-dawn.js';

export { fetchFile } from './node/fetch-file.js';
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

export interface DeviceOptions extends AdapterOptions {
  /** As for all adapters; by default what the environment variable COXSWAIN_FAMILY says, else the adapter's own. */
  readonly family?: Family;
  /**
   * Dawn toggles (`TOGGLE` on, `no-TOGGLE` off) and `KEY=VALUE` options of the `webgpu` package's `create`, beside
   * those that the environment variable COXSWAIN_DAWN lists with commas between; where they contradict it, they hold.
   */
  readonly dawn?: readonly string[];
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

/** The family that is asked for, if any. @throws CoxswainError `bad-family` for one that is not. */
function askedFamily({ family }: DeviceOptions): { readonly family?: Family } {
  if (family !== undefined) return { family: requireFamily(family, '`family`') };
  const named = process.env.COXSWAIN_FAMILY;
  return named ? { family: requireFamily(named, 'COXSWAIN_FAMILY') } : {};
}

interface Found {
  readonly request: DawnRequest;
  readonly instance: Awaited<ReturnType<typeof takeInstance>>;
  readonly adapter: GPUAdapter;
}

/** The adapter of an instance of Dawn that is made so. @throws NoAdapterError. */
async function find(request: DawnRequest): Promise<Found> {
  const { instance, adapter } = await explained(DRIVER, async () => {
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
  const asked = { ...options, ...askedFamily(options) };
  Object.assign(globalThis, (await loadDawn()).globals);
  const request = askedDawn(options);
  const found = await find(request);
  const { info, features } = found.adapter;
  if (request.toggles.has(HIDDEN_HALF) || hiddenHalf.get(info.description) === false || !hidesHalf(info, features))
    return open(found, asked);
  const shown = await open(await find({ ...request, toggles: new Map([...request.toggles, [HIDDEN_HALF, true]]) }), asked);
  const right = hiddenHalf.get(info.description) ?? (await halfIsRight(shown));
  hiddenHalf.set(info.description, right);
  if (!right) {
    shown.close();
    return open(found, asked);
  }
  found.instance.giveBack();
  return shown;
}

async function open({ request, instance, adapter }: Found, options: AdapterOptions): Promise<Device> {
  let lost = false;
  const device = await openAdapter(adapter, options, {
    threads: softwareThreads,
    remedy: DRIVER,
    // What has lost a device is not asked again.
    onClose: () => lost || instance.giveBack(),
    wait: nap,
    dawn: dawnWords(request),
  });
  kept.add(instance.gpu);
  void device.gpu.lost.then(({ reason }) => {
    lost ||= reason !== 'destroyed';
  });
  return device;
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
