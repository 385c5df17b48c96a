/** From an adapter to a device: what every entry does, wherever the adapter came from. */
import { CoxswainError } from '@coxswain/base';
import { type AdapterTraits, type Family, halfMatrix, type MatrixConfiguration } from '@coxswain/kernels';
import { Device } from './device.js';
import { NoAdapterError } from './errors.js';
import type { GpuAdapter, GpuAdapterInfo } from './webgpu.js';

export interface AdapterOptions {
  /**
   * Kernels of this family, whatever the adapter: to test those of GPUs where there is none, or to compare. By default
   * the adapter's own.
   */
  readonly family?: Family;
  /**
   * Ask for the matrix units too (`chromium-experimental-subgroup-matrix`), where the adapter lists them. Dawn gives
   * them only with its unsafe interfaces allowed, so it is off by default.
   */
  readonly subgroupMatrices?: boolean;
}

/** What an entry knows of the place that it runs in. */
export interface Place {
  /** Workgroups that a software driver runs at a time here, where that is known. */
  readonly threads: () => number | undefined;
  /** What to do where the adapter gives no device. */
  readonly remedy: string;
  /** As the constructor of `Device` takes them. */
  readonly onClose?: () => void;
  readonly wait?: <T>(pending: Promise<T>) => Promise<T>;
  readonly dawn?: readonly string[];
}

const FAMILIES: readonly string[] = ['gpu', 'software'] satisfies Family[];

/**
 * A family that is asked for. @param where who asks, in words.
 * @throws CoxswainError `bad-family` for one that there is not.
 */
export function requireFamily(asked: string, where: string): Family {
  if (FAMILIES.includes(asked)) return asked as Family;
  const expected = `one of ${FAMILIES.join(', ')}`;
  throw new CoxswainError(`${where} is ${asked}, expected ${expected}`, {
    code: 'bad-family',
    value: asked,
    expected,
    remedy: 'Name one of them, or leave it out',
  });
}

/** No name of the standard yet. */
const MATRICES = 'chromium-experimental-subgroup-matrix' as string as GPUFeatureName;

/** What newer adapters tell beyond the standard. */
type Info = GpuAdapterInfo & {
  readonly isFallbackAdapter?: boolean;
  readonly subgroupMinSize?: number;
  readonly subgroupMaxSize?: number;
  readonly subgroupMatrixConfigs?: Iterable<MatrixConfiguration>;
};

/**
 * A device with all that the adapter can give, and kernels of the adapter's family.
 * @throws NoAdapterError where it gives none.
 */
export async function openAdapter(adapter: GpuAdapter, options: AdapterOptions, place: Place): Promise<Device> {
  const { limits, features } = adapter;
  const info: Info = adapter.info;
  const matrices = options.subgroupMatrices ? [MATRICES] : [];
  const wanted: GPUFeatureName[] = ['timestamp-query', 'shader-f16', 'subgroups', ...matrices];
  const request = {
    requiredFeatures: wanted.filter((feature) => features.has(feature)),
    requiredLimits: {
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxBufferSize: limits.maxBufferSize,
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
    },
  };
  const device = await explained(place.remedy, () => adapter.requestDevice(request));
  const description = [info.vendor, info.architecture, info.device, info.description].filter(Boolean).join(' · ');
  const software = info.isFallbackAdapter || /llvmpipe|lavapipe|swiftshader|basic render/i.test(description);
  const threads = software ? place.threads() : undefined;
  const { subgroupMinSize: min, subgroupMaxSize: max, subgroupMatrixConfigs } = info;
  const subgroupMatrix = matrices.some((name) => features.has(name)) ? halfMatrix(subgroupMatrixConfigs) : undefined;
  const traits: AdapterTraits = {
    family: options.family ?? (software ? 'software' : 'gpu'),
    f16: features.has('shader-f16'),
    ...(threads === undefined ? {} : { threads }),
    ...(features.has('subgroups') && min && max ? { subgroups: { min, max } } : {}),
    ...(subgroupMatrix ? { subgroupMatrix } : {}),
  };
  return new Device(device, traits, description, place.onClose, place.wait, place.dawn);
}

/** What `ask` gives, or a NoAdapterError with what it threw. */
export async function explained<T>(remedy: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw new NoAdapterError(error instanceof Error ? error.message : String(error), remedy, { cause: error });
  }
}
