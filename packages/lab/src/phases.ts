import type { Phase } from './phase.js';

/** The phases of the method, in the order they are run. */
export const PHASES: readonly Phase[] = [];
