/** Which runs of a sweep are there already. */
import fs from 'node:fs';
import { join } from 'node:path';
import { identityOf, readCount, resolvePhase } from '../command/options.js';
import { OtherConfigurationError } from '../errors.js';
import { readRunConfig } from '../run/folder.js';
import { differences } from '../run/identity.js';
import type { PlannedRun } from './plan.js';

/**
 * Whether a run has finished in its folder. The runs that it starts from must have.
 * @throws OtherConfigurationError where the folder holds a run of other settings, and what resolving settings throws.
 */
export function hasFinished({ phase, options, set, folder }: PlannedRun, preset: string | undefined): boolean {
  const there = readRunConfig(folder);
  const { seed = '0', ...inputs } = options;
  const startsFromNothing = !phase.inputs.some(({ name }) => inputs[name] !== undefined);
  const resolved = resolvePhase(phase, { ...inputs, set: [...set], ...(startsFromNothing && preset !== undefined ? { preset } : {}) });
  const identity = identityOf(phase, resolved, readCount('seed', seed));
  const other = there ? differences(there, identity) : [];
  if (other.length > 0) throw new OtherConfigurationError(folder, other);
  return there !== undefined && fs.existsSync(join(folder, phase.leaves));
}
