/** Analyses that only read finished runs: `coxswain analyse NAME --runs FOLDER`. */

import type { Summary } from '@coxswain/lab';
import { memorySummary } from './memory.js';
import { rateDistortionSummary } from './rate-distortion.js';
import { curvesSummary } from './success-curves.js';
import { mapSummary } from './success-map.js';

export const SUMMARIES: readonly Summary[] = [curvesSummary, rateDistortionSummary, mapSummary, memorySummary];
