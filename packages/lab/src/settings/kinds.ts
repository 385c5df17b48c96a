/** Which world and which model a configuration is of, and the settings that these give it. */
import type { z } from 'zod';
import { SettingError } from '../errors.js';
import { nearest } from '../suggest.js';
import type { ChoiceSection, Kind, WorldKind } from './section.js';
import { choice, type Setting, settingOf } from './setting.js';

/** A world or a model that no list has, for instance of a file: it is known beside those of the lists. */
export interface Loaded {
  readonly world?: WorldKind;
  readonly model?: Kind;
}

/** What is chosen; `undefined` for what is not known here, as in a stored run of another's world. */
export interface Chosen {
  readonly world: WorldKind | undefined;
  readonly model: Kind | undefined;
}

/** Names of what is asked for; the default where absent. */
export interface Names {
  readonly world?: string;
  readonly model?: string;
}

const known = <K extends Kind>(kinds: readonly K[], loaded: K | undefined): readonly K[] =>
  loaded && !kinds.includes(loaded) ? [...kinds.filter(({ name }) => name !== loaded.name), loaded] : kinds;

/** The kind of a name; without one the loaded kind, if any, or else the default. */
export function find<K extends Kind>({ kinds }: ChoiceSection<string, K>, loaded: K | undefined, name: string | undefined): K | undefined {
  return name === undefined ? (loaded ?? kinds[0]) : known(kinds, loaded).find((kind) => kind.name === name);
}

/** The same. @throws SettingError for a name that nothing has. */
export function demand<K extends Kind>(of: ChoiceSection<string, K>, loaded: K | undefined, name: string | undefined): K {
  const found = find(of, loaded, name);
  if (found) return found;
  const names = known(of.kinds, loaded).map((kind) => kind.name);
  const near = nearest(name ?? '', names);
  throw new SettingError(`${of.name}.name`, `\`${name}\``, `one of ${names.join(', ')}`, near ? `Did you mean \`${near}\`?` : of.about);
}

/** Keys of the second among those of the first, each after the one that it follows there. */
function merged(shape: z.ZodRawShape, other: z.ZodRawShape): z.ZodRawShape {
  const entries = Object.entries(shape);
  let at = 0;
  for (const entry of Object.entries(other)) {
    const there = entries.findIndex(([key]) => key === entry[0]);
    if (there < 0) entries.splice(at++, 0, entry);
    else at = there + 1;
  }
  return Object.fromEntries(entries);
}

/** The chosen kind's own settings, and those of the kinds that stand beside it. */
export function shapeOf<K extends Kind>({ kinds, together }: ChoiceSection<string, K>, chosen: K | undefined): z.ZodRawShape {
  if (!chosen) return {};
  const own = chosen.settings.shape;
  return together && kinds.includes(chosen) ? kinds.reduce((shape, { settings }) => merged(shape, settings.shape), own) : own;
}

/** The settings of such a section, `name` first. */
export function choiceSettings<K extends Kind>(
  of: ChoiceSection<string, K>,
  loaded: K | undefined,
  chosen: K | undefined,
  words: WorldKind['taskWords'],
): Record<string, Setting> {
  const names = known(of.kinds, loaded).map(({ name }) => name);
  const shape: z.ZodRawShape = { name: choice(of.about, (chosen ?? of.kinds[0]).name, names), ...shapeOf(of, chosen), ...of.rest };
  return Object.fromEntries(Object.entries(shape).map(([name, type]) => [name, settingOf(type as z.ZodType, words)]));
}
