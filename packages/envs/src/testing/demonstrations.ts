import { configureWorld, type DemonstrationSettings, type Trajectories, type WorldDefinition } from '../index.js';

/** A world's demonstrations of its default tasks, at once. */
export function demonstrationsOf(
  definition: WorldDefinition,
  given: object,
  how: Partial<DemonstrationSettings> & Pick<DemonstrationSettings, 'count' | 'seed' | 'noise'>,
): Trajectories {
  return configureWorld([definition], { ...given }).demonstrate(how);
}
