/** Cost models between processes: one file for each adapter, processor and number of devices that share the work. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { cpus, homedir } from 'node:os';
import { join } from 'node:path';
import { KINDS, makeFolder, readJson, writeAtomic } from '@coxswain/lab';
import type { Device } from '@coxswain/tensor';
import { z } from 'zod';
import type { CostModel } from './fit.js';

export interface StoredModel {
  readonly format: 3;
  /** Adapter, kernels and processor: what the speed belongs to. */
  readonly measuredOn: string;
  /** ISO 8601. */
  readonly measuredAt: string;
  readonly model: CostModel;
}

/** Where they lie: `$XDG_CACHE_HOME/coxswain`, or `~/.cache/coxswain`. */
export function costFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'coxswain');
}

/** What a device is known by. */
export type Known = Pick<Device, 'description' | 'traits'>;

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** What a speed belongs to, in words. @param devices all alike, that share the work. */
export function measuredOn(devices: readonly Known[]): string {
  const [{ description, traits }] = devices;
  const { family, threads, subgroupMatrix } = traits;
  const traitsInWords = [
    `${family} kernels`,
    ...(threads === undefined ? [] : [counted(threads, 'thread')]),
    ...(subgroupMatrix ? ['subgroup matrices'] : []),
    ...(devices.length === 1 ? [] : [counted(devices.length, 'device')]),
  ];
  return `${description}, ${traitsInWords.join(', ')}; ${cpus()[0]?.model.trim() ?? 'unknown processor'}`;
}

const fileFor = (folder: string, on: string): string =>
  join(folder, `cost-${createHash('sha256').update(on).digest('hex').slice(0, 16)}.json`);

const STORED: z.ZodType<StoredModel> = z.object({
  format: z.literal(3),
  measuredOn: z.string(),
  measuredAt: z.string(),
  model: z.object({ rates: z.record(z.enum(KINDS), z.number()), error: z.number(), measurements: z.number(), yardstick: z.number() }),
});

/**
 * The model of these devices, if one was measured here. A file that is none counts as none: measuring again makes a new
 * one.
 */
export function readCostModel(folder: string, devices: readonly Known[]): StoredModel | undefined {
  const path = fileFor(folder, measuredOn(devices));
  return fs.existsSync(path) ? STORED.safeParse(readJson(path)).data : undefined;
}

/** @returns the file. @throws FileError, DiskFullError where it cannot be written. */
export function writeCostModel(folder: string, devices: readonly Known[], model: CostModel): string {
  const on = measuredOn(devices);
  const path = fileFor(folder, on);
  makeFolder(folder);
  const stored: StoredModel = { format: 3, measuredOn: on, measuredAt: new Date().toISOString(), model };
  writeAtomic(path, `${JSON.stringify(stored, null, 1)}\n`, 'several');
  return path;
}
