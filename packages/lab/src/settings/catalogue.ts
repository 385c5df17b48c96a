/** All settings, with any world and any model: presets, overrides, checks, and which values identify a run. */
import { EnvError, type WorldDefaults } from '@coxswain/envs';
import type { z } from 'zod';
import { SettingError, UnknownPresetError, UsageError } from '../errors.js';
import { nearest, suggestion } from '../suggest.js';
import { type Chosen, choiceSettings, demand, find, type Loaded, type Names, shapeOf } from './kinds.js';
import { type AskedWorld, type ChoiceSection, type Kind, requireThat, type Section, type WorldKind } from './section.js';
import { type Setting, settingOf } from './setting.js';

/** A setting with its place. */
export interface ListedSetting {
  readonly section: string;
  readonly name: string;
  /** `section.name` */
  readonly key: string;
  readonly setting: Setting;
}

/** Sections by name, values by theirs. */
export type Values = Record<string, Record<string, unknown>>;

const isValues = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The values of some settings where nobody says others. */
const initialsOf = (shape: z.ZodRawShape): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(shape).flatMap(([name, type]) => {
      const { initial } = settingOf(type as z.ZodType);
      return initial === undefined ? [] : [[name, structuredClone(initial)]];
    }),
  );

export class Catalogue {
  /** Names of presets that somebody has something to say to. */
  readonly presetNames: readonly string[];
  #unhashed: ReadonlySet<string> | undefined;

  constructor(
    readonly world: ChoiceSection<'world', WorldKind>,
    readonly model: ChoiceSection<'model', Kind>,
    readonly sections: readonly Section[],
  ) {
    const contributors = [...world.kinds, ...model.kinds, ...sections];
    this.presetNames = [...new Set(contributors.flatMap(({ presets }) => Object.keys(presets ?? {})))];
  }

  /** Settings that a run's identity leaves out; listing them takes long, so it is done where they are asked for. */
  get #leftOut(): ReadonlySet<string> {
    if (this.#unhashed) return this.#unhashed;
    const unhashed = this.settings().filter(({ setting }) => !setting.hashed);
    const notes = Object.entries(this.world.recorded ?? {}).flatMap(([name, hashed]) => (hashed ? [] : [`${this.world.name}.${name}`]));
    this.#unhashed = new Set([...unhashed.map(({ key }) => key), ...notes]);
    return this.#unhashed;
  }

  get sectionNames(): readonly string[] {
    return [this.world.name, this.model.name, ...this.sections.map(({ name }) => name)];
  }

  /** What a configuration, or parts of one, is of; `undefined` for names that are not known. */
  chosen({ world, model }: Names, loaded: Loaded = {}): Chosen {
    return { world: find(this.world, loaded.world, world), model: find(this.model, loaded.model, model) };
  }

  /** The same. @throws SettingError for names that are not known. */
  demanded({ world, model }: Names, loaded: Loaded = {}): { readonly world: WorldKind; readonly model: Kind } {
    return { world: demand(this.world, loaded.world, world), model: demand(this.model, loaded.model, model) };
  }

  /** All settings in the order of the sections, with the world and the model that are chosen. */
  settings(chosen: Chosen = this.chosen({}), loaded: Loaded = {}): ListedSetting[] {
    const words = chosen.world?.taskWords;
    const at = (section: string, settings: Readonly<Record<string, Setting>>): ListedSetting[] =>
      Object.entries(settings).map(([name, setting]) => ({ section, name, key: `${section}.${name}`, setting }));
    return [
      ...at(this.world.name, choiceSettings(this.world, loaded.world, chosen.world, words)),
      ...at(this.model.name, choiceSettings(this.model, loaded.model, chosen.model, words)),
      ...this.sections.flatMap(({ name, schema }) =>
        at(name, Object.fromEntries(Object.entries(schema.shape).map(([key, type]) => [key, settingOf(type as z.ZodType, words)]))),
      ),
    ];
  }

  /**
   * A preset with a world and a model: what each contributor says under its name, else what the world says, else
   * the defaults.
   * @param names of world and model; their names count even where they are not known.
   */
  values(preset: string | undefined, names: Names, chosen: Chosen): Values {
    const own = this.#kindValues(this.world, chosen.world, preset);
    const world = { name: names.world ?? chosen.world?.name, ...chosen.world?.origin, ...own };
    const model = { name: names.model ?? chosen.model?.name, ...this.#kindValues(this.model, chosen.model, preset) };
    const said = chosen.world?.defaults(world);
    const values: Values = {
      world: { ...world, ...initialsOf(this.world.rest), ...(said && this.world.fromWorld?.(said)) },
      model: { ...model, ...initialsOf(this.model.rest) },
    };
    for (const { name, schema, presets, fromWorld } of this.sections)
      values[name] = { ...initialsOf(schema.shape), ...(said && fromWorld?.(said)), ...(preset !== undefined && presets?.[preset]) };
    return structuredClone(values);
  }

  #kindValues<K extends Kind>(of: ChoiceSection<string, K>, chosen: K | undefined, preset: string | undefined): Record<string, unknown> {
    const beside = of.together && chosen && of.kinds.includes(chosen) ? of.kinds.filter((kind) => kind !== chosen) : [];
    const said = [...beside, chosen].map((kind) => (preset === undefined ? undefined : kind?.presets?.[preset]));
    return Object.assign(initialsOf(shapeOf(of, chosen)), ...said);
  }

  /** @throws UnknownPresetError that names the nearest preset; SettingError for an unknown world or model. */
  preset(name: string, names: Names = {}, loaded: Loaded = {}): Values {
    const further = [loaded.world, loaded.model].flatMap((kind) => Object.keys(kind?.presets ?? {}));
    const all = [...new Set([...this.presetNames, ...further])];
    if (!all.includes(name)) throw new UnknownPresetError(name, all, nearest(name, all));
    const world = names.world ?? (loaded.world ? undefined : this.#worldOf(name));
    const model = names.model ?? (loaded.model ? undefined : this.#modelOf(name));
    const chosen = this.demanded({ world, model }, loaded);
    return this.values(name, { world: chosen.world.name, model: chosen.model.name }, chosen);
  }

  /** The world that a preset is of, where one has something to say under its name. */
  #worldOf(preset: string): string | undefined {
    return this.world.kinds.find(({ presets }) => Object.hasOwn(presets ?? {}, preset))?.name;
  }

  /** The model that alone has something to say under a preset's name: it is of that model. */
  #modelOf(preset: string): string | undefined {
    const saying = this.model.kinds.filter(({ presets }) => Object.hasOwn(presets ?? {}, preset));
    return saying.length === 1 ? saying[0].name : undefined;
  }

  /** `key=value`, read apart. @throws UsageError for what is none. */
  #assigned(assignment: string): { readonly key: string; readonly text: string } {
    const at = assignment.indexOf('=');
    if (at <= 0) {
      const example = this.settings().find(({ name }) => name === 'steps')?.key;
      throw new UsageError('--set', `\`${assignment}\``, 'key=value', `For example --set ${example}=100.`);
    }
    return { key: assignment.slice(0, at).trim(), text: assignment.slice(at + 1).trim() };
  }

  /**
   * Applies one `key=value` to a configuration in place. Another world brings its own settings at their defaults.
   * @throws SettingError for a key that does not exist (with the nearest one) or a value out of range.
   */
  override(config: Partial<Values>, assignment: string, loaded: Loaded = {}): void {
    const { key, text } = this.#assigned(assignment);
    const settings = this.settings(this.chosen(this.namesOf(config), loaded), loaded);
    const found = settings.find((candidate) => candidate.key === key);
    if (!found) {
      const keys = settings.map((candidate) => candidate.key);
      throw new SettingError(key, 'unknown', 'a setting listed by `coxswain settings`', suggestion(key, keys, 'Look it up there.'));
    }
    const { section: of, name, setting } = found;
    const value = setting.parse(text);
    if (!setting.accepts(value)) throw new SettingError(key, `\`${text}\``, setting.expected, setting.about);
    const values = config[of];
    if (!values) throw new SettingError(key, `\`${text}\``, 'a setting this command reads', 'Its value belongs to another phase.');
    const another = name === 'name' && (of === this.world.name || of === this.model.name) && values.name !== value;
    if (another) config[of] = this.values(undefined, { [of]: value }, this.demanded({ [of]: value }, loaded))[of];
    else values[name] = value;
  }

  /**
   * A preset, then what is inherited, then `key=value` in order. A world that has nothing to say to the preset says its
   * tasks and horizons as its settings are in the end.
   */
  configure(preset: string, assignments: readonly string[], loaded: Loaded = {}, inherited: Partial<Values> = {}): Values {
    const assigned = new Map(assignments.map((assignment) => this.#assigned(assignment)).map(({ key, text }) => [key, text]));
    const nameOf = (of: 'world' | 'model') => (inherited[of]?.name as string | undefined) ?? assigned.get(`${of}.name`);
    const config = this.preset(preset, { world: nameOf('world'), model: nameOf('model') }, loaded);
    for (const [name, values] of Object.entries(inherited)) config[name] = { ...config[name], ...structuredClone(values) };
    for (const assignment of assignments) this.override(config, assignment, loaded);
    const { world } = this.chosen(this.namesOf(config), loaded);
    if (world && !Object.hasOwn(world.presets ?? {}, preset)) {
      world.check?.(config.world);
      const told = (of: string, key: string): boolean => assigned.has(`${of}.${key}`) || Object.hasOwn(inherited[of] ?? {}, key);
      this.#follow(config, world.defaults(config.world), told);
    }
    return config;
  }

  #follow(config: Values, said: WorldDefaults, told: (section: string, key: string) => boolean): void {
    for (const { name, fromWorld } of [this.world, ...this.sections])
      for (const [key, value] of Object.entries(fromWorld?.(said) ?? {})) if (!told(name, key)) config[name][key] = structuredClone(value);
  }

  namesOf({ world, model }: Partial<Values>): Names {
    return { world: world?.name as string | undefined, model: model?.name as string | undefined };
  }

  /**
   * Fills in settings that are newer than a configuration. Rule: what a new setting is in a preset means what was done
   * before it existed.
   * @param sections those to be there in the end.
   */
  completed(config: Partial<Values>, preset: string, sections: readonly string[]): Values {
    const names = this.namesOf(config);
    const known = this.presetNames.includes(preset) ? preset : undefined;
    const values = this.values(known, names, this.chosen(names));
    return Object.fromEntries(sections.map((name) => [name, { ...values[name], ...config[name] }]));
  }

  /** The settings that decide what a run computes, as `section.name` → value. */
  hashed(config: Partial<Values>): Record<string, unknown> {
    const values: Record<string, unknown> = {};
    for (const [name, of] of Object.entries(config))
      if (isValues(of))
        for (const [key, value] of Object.entries(of)) if (!this.#leftOut.has(`${name}.${key}`)) values[`${name}.${key}`] = value;
    return values;
  }

  /**
   * Checks every setting of the given sections by itself, then those of a section that depend on each other.
   * @returns what checks between sections ask the world; absent where the world is not among them.
   * @throws SettingError that names the setting, its value, what was expected and what to change.
   */
  validate(config: Partial<Values>, loaded: Loaded = {}): AskedWorld | undefined {
    const names = this.namesOf(config);
    const { world, model } = this.demanded(names, loaded);
    const settings = this.settings({ world, model }, loaded);
    const given = settings.filter(({ section }) => isValues(config[section]));
    for (const { section, name, key, setting } of given) {
      const value = config[section]?.[name];
      requireThat(setting.accepts(value), key, value, setting.expected, setting.about);
    }
    const recorded = Object.keys(this.world.recorded ?? {}).map((name) => `${this.world.name}.${name}`);
    const known = new Set([...settings.map(({ key }) => key), ...recorded]);
    for (const [name, of] of Object.entries(config))
      for (const key of Object.keys(of ?? {}))
        requireThat(known.has(`${name}.${key}`), `${name}.${key}`, 'set', 'a setting that exists', 'This version does not know it.');
    const asked = config.world && this.#asked(world, config.world);
    if (config.model) model.check?.(config.model);
    for (const { name, check } of this.sections) if (config[name]) check?.(config[name]);
    for (const { section, name, key, setting } of given) {
      const value = config[section]?.[name];
      if (setting.task && setting.task !== 'list' && value !== '') asked?.events(key, value as string);
    }
    return asked;
  }

  /** Checks the world's settings and its tasks. */
  #asked(kind: WorldKind, values: Record<string, unknown>): AskedWorld {
    const event = kind.taskWords?.event ?? 'event';
    const events = (key: string, text: string): number => {
      try {
        return kind.task(values, text).events.length;
      } catch (error) {
        if (!(error instanceof EnvError)) throw error;
        const { expected = 'a task of this world', remedy = 'Write another' } = error;
        throw new SettingError(key, `\`${text}\``, expected, `${remedy}.`);
      }
    };
    kind.check?.(values);
    const lengths = (values.tasks as readonly string[]).map((text) => events('world.tasks', text));
    const longest = Math.max(...lengths);
    const horizon = values.horizon as number;
    const expected = `at least ${longest} steps, one for each ${event} of the longest task`;
    requireThat(horizon >= longest, 'world.horizon', horizon, expected, 'Raise world.horizon or shorten world.tasks.');
    return { event, events };
  }
}
