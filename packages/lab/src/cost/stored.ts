/** Cost models between processes: one file for each adapter and processor. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { cpus, homedir } from 'node:os';
import { join } from 'node:path';
import type { Device } from '@coxswain/tensor';
import { onDisk, readJson, writeAtomic } from '../run/storage.js';
import type { CostModel } from './fit.js';
import { KINDS } from './work.js';

export interface StoredModel {
  readonly format: 1;
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

/** What a speed belongs to, in words. */
export function measuredOn({ description, traits }: Pick<Device, 'description' | 'traits'>): string {
  const { family, threads, subgroupMatrix } = traits;
  const threaded = threads === undefined ? '' : `, ${threads} thread${threads === 1 ? '' : 's'}`;
  return `${description}, ${family} kernels${threaded}${subgroupMatrix ? ', subgroup matrices' : ''}; ${cpus()[0]?.model.trim() ?? 'unknown processor'}`;
}

const fileFor = (folder: string, on: string): string =>
  join(folder, `cost-${createHash('sha256').update(on).digest('hex').slice(0, 16)}.json`);

function whole(value: unknown): value is StoredModel {
  const { format, model } = (value ?? {}) as Partial<StoredModel>;
  return format === 1 && model !== undefined && KINDS.every((kind) => Number.isFinite(model.rates?.[kind])) && Number.isFinite(model.error);
}

/** The model of this adapter, if one was measured here. A file that is none counts as none: measuring again makes a new one. */
export function readCostModel(folder: string, device: Pick<Device, 'description' | 'traits'>): StoredModel | undefined {
  const path = fileFor(folder, measuredOn(device));
  const found = fs.existsSync(path) ? readJson(path) : undefined;
  return whole(found) ? found : undefined;
}

/** @returns the file. @throws FileError, DiskFullError where it cannot be written. */
export function writeCostModel(folder: string, device: Pick<Device, 'description' | 'traits'>, model: CostModel): string {
  const on = measuredOn(device);
  const path = fileFor(folder, on);
  onDisk(folder, () => fs.mkdirSync(folder, { recursive: true }));
  const stored: StoredModel = { format: 1, measuredOn: on, measuredAt: new Date().toISOString(), model };
  writeAtomic(path, `${JSON.stringify(stored, null, 1)}\n`);
  return path;
}
