/** From the settings of a world, as a run keeps them, to its spaces, its tasks and worlds to play. */
import { SettingError } from '@coxswain/base';
import type { DemonstrationSettings, Task, WorldDefaults, WorldDefinition, WorldSpaces } from './definition.js';
import { EnvError } from './errors.js';
import { resultOf, type Trajectories } from './trajectories.js';
import type { World } from './world.js';

/** Settings of a world, as `config.world` of a run's `config.json` has them. */
export type WorldSettings = Readonly<Record<string, unknown>> & {
  /** Which of the worlds; the first of them when absent. */
  readonly name?: string;
  /** Those that experts are shown at; the world's own when absent. */
  readonly tasks?: readonly string[];
};

/** A world under its settings. */
export interface ConfiguredWorld {
  readonly definition: WorldDefinition;
  /** Its own settings. */
  readonly settings: ReturnType<typeof settingsOfWorld>;
  readonly spaces: WorldSpaces;
  /** What it takes where nobody says otherwise. */
  readonly defaults: WorldDefaults;
  /** Those that experts are shown at. */
  readonly tasks: readonly Task[];
  task(text: string): Task;
  open(task: Task | 'free', horizon: number, environments: number): World;
  /**
   * Episodes of its expert, all at once: at `tasks`, cut at the world's own horizon and without noise where nothing
   * else is said.
   * @throws EnvError `not-offered` where it has none.
   */
  demonstrate(how: Pick<DemonstrationSettings, 'count' | 'seed'> & Partial<DemonstrationSettings>): Trajectories;
}

/** What a configuration keeps of a world beside its own settings, which therefore have other names. */
export const RESERVED_SETTINGS: readonly string[] = [
  'name',
  'tasks',
  'horizon',
  'file',
  'sha256',
  'demonstrations',
  'demonstrationsSha256',
];

/** The world that settings name. @throws SettingError for one that is not among them. */
export function worldNamed<W extends WorldDefinition>(worlds: readonly W[], { name = worlds[0]?.name }: WorldSettings): W {
  const found = worlds.find((world) => world.name === name);
  if (found) return found;
  const names = worlds.map((world) => world.name).join(', ');
  throw new SettingError(
    'world.name',
    `\`${name}\``,
    `one of ${names}`,
    'Give its definition; the command takes the file that it is in: --world FILE.',
  );
}

/** The settings that are the world's own. @throws SettingError naming the first that is wrong. */
export function settingsOfWorld(definition: WorldDefinition, config: WorldSettings) {
  const own = Object.fromEntries(Object.entries(config).filter(([key]) => !RESERVED_SETTINGS.includes(key)));
  const read = definition.settings.safeParse(own);
  if (read.success) return read.data;
  const [{ path, message }] = read.error.issues;
  const value = path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], own);
  throw new SettingError(`world.${path.join('.')}`, JSON.stringify(value), `what ${definition.name} takes`, `${message}.`);
}

/**
 * The world that settings name, with the spaces that models of it read and write.
 * @param worlds those that may be named; the first where the settings name none.
 * @throws SettingError for another world, or a setting that is wrong.
 */
export function configureWorld(worlds: readonly WorldDefinition[], config: WorldSettings = {}): ConfiguredWorld {
  const definition = worldNamed(worlds, config);
  const settings = settingsOfWorld(definition, config);
  const task = (text: string): Task => definition.task(settings, text);
  const defaults = definition.defaults(settings);
  const tasks = (config.tasks ?? defaults.tasks).map(task);
  return {
    definition,
    settings,
    spaces: definition.spaces(settings),
    defaults,
    tasks,
    task,
    open: (asked, horizon, environments) => definition.open(settings, { task: asked, horizon, environments }),
    demonstrate: (how) => {
      if (definition.demonstrations)
        return resultOf(definition.demonstrations(settings, { tasks, horizon: defaults.horizon, noise: 0, ...how }));
      throw new EnvError('not-offered', `demonstrations of ${definition.name}`, 'a world with an expert', 'give it one, or read a file');
    },
  };
}
