import { type DemonstrationSettings, resultOf, type Trajectories, type WorldDefinition } from '../index.js';

/** A world's demonstrations of its default tasks, at once. */
export function demonstrationsOf(
  definition: WorldDefinition,
  given: object,
  how: Partial<DemonstrationSettings> & Pick<DemonstrationSettings, 'count' | 'seed' | 'noise'>,
): Trajectories {
  const settings = definition.settings.parse(given) as never;
  const { tasks, horizon } = definition.defaults(settings);
  const shown = { tasks: tasks.map((text) => definition.task(settings, text)), horizon, ...how };
  return resultOf(definition.demonstrations!(settings, shown));
}
