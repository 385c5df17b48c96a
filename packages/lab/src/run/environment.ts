/** What a process runs on, as a run folder notes it: enough to tell why two runs differ in their last digits. */
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import type { Device } from '@coxswain/tensor';
import { programVersion } from '../version.js';

export interface Environment {
  /** ISO 8601. */
  readonly started: string;
  /** Of the packages, and of the sources where they lie beside the program. */
  readonly version: string;
  readonly commit?: string;
  readonly node: string;
  readonly system: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** The adapter in words, its family and what the kernels use of it. */
  readonly adapter: string;
  readonly family: string;
  readonly features: readonly string[];
  /** Toggles and options that Dawn was given, as `--dawn` takes them. */
  readonly dawn: readonly string[];
  /** Devices of the adapter that share the work. */
  readonly devices: number;
}

/** The environment of this process. */
export function environmentOf(device: Pick<Device, 'description' | 'traits' | 'dawn'>, devices = 1): Environment {
  const { family, f16, subgroups, subgroupMatrix } = device.traits;
  const features = [
    f16 && 'shader-f16',
    subgroups && `subgroups ${subgroups.min} to ${subgroups.max}`,
    subgroupMatrix && 'subgroup matrices',
  ];
  return {
    started: new Date().toISOString(),
    ...programVersion(),
    node: process.version,
    system: `${process.platform} ${process.arch} ${release()}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    adapter: device.description,
    family,
    features: features.filter((feature) => typeof feature === 'string'),
    dawn: device.dawn,
    devices,
  };
}
