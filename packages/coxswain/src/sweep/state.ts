/** Which runs of a sweep are there already. */
import { differences, hasLeft, identityOf, OtherConfigurationError, readCount, readRunConfig, resolvePhase } from '@coxswain/lab';
import { type PlannedRun, valuesOf } from './plan.js';

/**
 * Tells whether a run has finished in its folder, once the runs that it starts from have; asked again and again it
 * looks for the file alone.
 * @returns a function that throws OtherConfigurationError where the folder holds a run of other settings, and what
 * resolving settings
 *   throws.
 */
export function finishedRuns(): (run: PlannedRun) => boolean {
  const checked = new Set<string>();
  return (run) => {
    const { name, phase, folder } = run;
    const there = readRunConfig(folder);
    const left = there !== undefined && hasLeft(folder, phase.leaves);
    if (checked.has(name) && !left) return false;
    const identity = identityOf(phase, resolvePhase(phase, valuesOf(run)), readCount('seed', run.options.seed ?? '0'));
    const other = there ? differences(there, identity) : [];
    if (other.length > 0) throw new OtherConfigurationError(folder, other);
    checked.add(name);
    return left;
  };
}
