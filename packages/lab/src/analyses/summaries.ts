/** Analyses that only read finished runs: `coxswain analyse NAME --runs FOLDER`. */
import type { StoredRun } from '../run/scan.js';
import type { Findings } from './findings.js';
import { memorySummary } from './memory.js';
import { rateDistortionSummary } from './rate-distortion.js';
import { curvesSummary } from './success-curves.js';
import { mapSummary } from './success-map.js';

export type Summary = {
  readonly name: string;
  readonly about: string;
  readonly run: (runs: readonly StoredRun[]) => Omit<Findings, 'name'>;
};

export const SUMMARIES: readonly Summary[] = [curvesSummary, rateDistortionSummary, mapSummary, memorySummary];
