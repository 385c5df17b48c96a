/** All settings of the command: those of the world and the model that are chosen, and the sections of the systems. */
import type { z } from 'zod';
import { house } from './house.js';
import type { ListedSetting, Values } from './settings/catalogue.js';
import type { Loaded, Names } from './settings/kinds.js';
import type { Section } from './settings/section.js';

/** The world: its name, what is asked of it, and its own settings. */
export type WorldConfig = { name: string; tasks: readonly string[]; horizon: number } & Partial<FromFiles> & Record<string, unknown>;

/** What is recorded of files: paths for people, and digests, which count for the run's identity. */
interface FromFiles {
  /** Of the world itself. */
  file: string;
  sha256: string;
  /** Of its demonstrations. */
  demonstrations: string;
  demonstrationsSha256: string;
}

/** The model: its name, what whoever steers it has to know, and its own settings. */
export type ModelConfig = { name: string; width: number; depth: number } & Record<string, unknown>;

/**
 * All settings with their values: `config.world.horizon`. Systems add their sections, each in a file of its own:
 * `declare module '@coxswain/lab' { interface Config extends ConfigOf<typeof SECTIONS> {} }`.
 */
export interface Config {
  world: WorldConfig;
  model: ModelConfig;
}

/** The values of some sections. */
export type ConfigOf<S extends readonly Section[]> = {
  [N in S[number] as N['name']]: { -readonly [K in keyof z.output<N['schema']>]: z.output<N['schema']>[K] };
};

export type SectionName = keyof Config;

/** Some sections of a configuration: those a phase reads. */
export type PartialConfig = Partial<Config>;

export type { Loaded } from './settings/kinds.js';

/** Names of presets that somebody has something to say to. */
export const presetNames = (): readonly string[] => house().catalogue.presetNames;

/** What is taken where nobody says which. */
export const defaultPreset = (): string => presetNames()[0];

export const sectionNames = (): readonly SectionName[] => house().catalogue.sectionNames as readonly SectionName[];

const valuesOf = (config: PartialConfig): Partial<Values> => config as Partial<Values>;

/** All settings as `section.name` with their descriptions, of a world and a model by name or the default ones. */
export const allSettings = (names: Names = {}, loaded: Loaded = {}) =>
  house().catalogue.settings(house().catalogue.demanded(names, loaded), loaded) as (ListedSetting & { readonly section: SectionName })[];

/**
 * A copy of a preset, free to be changed.
 * @param names of its world and its model; the default ones where absent.
 * @throws UnknownPresetError that names the nearest preset; SettingError for another world or model than there are.
 */
export const preset = (name: string, names: Names = {}, loaded: Loaded = {}): Config =>
  house().catalogue.preset(name, names, loaded) as unknown as Config;

/**
 * Applies one `key=value` to a configuration in place. Another world brings its own settings at their defaults.
 * @throws SettingError for a key that does not exist (with the nearest one) or a value out of range.
 */
export const override = (config: PartialConfig, assignment: string, loaded: Loaded = {}): void =>
  house().catalogue.override(valuesOf(config), assignment, loaded);

/**
 * A preset, then what is inherited from models, then `key=value` in order, not yet checked as a whole. A world that has
 * nothing to say to the preset says its tasks and horizons as its settings are in the end.
 */
export const configure = (name: string, assignments: readonly string[], loaded: Loaded = {}, inherited: PartialConfig = {}): Config =>
  house().catalogue.configure(name, assignments, loaded, valuesOf(inherited)) as unknown as Config;

/** The given sections of a configuration, in the order of the settings. */
export function pick(config: Config, sections: readonly SectionName[]): PartialConfig {
  return Object.fromEntries(Object.entries(config).filter(([name]) => sections.includes(name as SectionName))) as PartialConfig;
}

/** Fills in settings that are newer than a stored configuration, of these sections. */
export const completeConfig = (config: PartialConfig, preset: string, sections: readonly string[] = Object.keys(config)): PartialConfig =>
  house().catalogue.completed(valuesOf(config), preset, sections) as PartialConfig;

/** The same with every section that there is: those that it does not have are the preset's. */
export const wholeConfig = (config: PartialConfig, preset: string): Config => completeConfig(config, preset, sectionNames()) as Config;

/** Whether every section is somebody's that is registered. */
export const knowsAll = (config: PartialConfig): boolean => Object.keys(config).every((name) => sectionNames().some((one) => one === name));

/** The settings that decide what a run computes, as `section.name` → value. */
export const hashedSettings = (config: PartialConfig): Record<string, unknown> => house().catalogue.hashed(valuesOf(config));

/** Checks settings by themselves and within their sections. @returns what checks between sections ask the world. */
export const validateSections = (config: PartialConfig, loaded: Loaded = {}) => house().catalogue.validate(valuesOf(config), loaded);
