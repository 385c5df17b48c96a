/** Analyses that look into trained models. */
import type { Analysis } from '@coxswain/lab';
import { ceilingAnalysis } from './ceiling.js';
import { controllersAnalysis } from './controllers.js';
import { gradientVarianceAnalysis } from './gradient-variance.js';
import { injectionAnalysis } from './injection.js';
import { jumpsAnalysis } from './jumps.js';
import { neighboursAnalysis } from './neighbours.js';
import { probesAnalysis } from './probes.js';
import { switchesAnalysis } from './switches.js';

export const ANALYSES: readonly Analysis[] = [
  probesAnalysis,
  jumpsAnalysis,
  controllersAnalysis,
  switchesAnalysis,
  injectionAnalysis,
  neighboursAnalysis,
  gradientVarianceAnalysis,
  ceilingAnalysis,
];
