/** From a preset and overrides to one configuration, and its hash. */
import { createHash } from 'node:crypto';
import { SettingError, UsageError } from '../errors.js';
import { suggestion } from '../suggest.js';
import { preset } from './presets.js';
import { allSettings, type Config, type PartialConfig, type SectionName } from './sections.js';
import { validate } from './validate.js';

/**
 * Applies one `key=value` to a configuration in place.
 * @throws SettingError for a key that does not exist (with the nearest one) or a value out of range.
 */
export function override(config: PartialConfig, assignment: string): void {
  const at = assignment.indexOf('=');
  if (at <= 0) throw new UsageError('--set', `\`${assignment}\``, 'key=value', 'For example --set pretrain.steps=100.');
  const key = assignment.slice(0, at).trim();
  const text = assignment.slice(at + 1).trim();
  const settings = allSettings();
  const found = settings.find((candidate) => candidate.key === key);
  if (!found) {
    const keys = settings.map((candidate) => candidate.key);
    throw new SettingError(key, 'unknown', 'a setting listed by `coxswain settings`', suggestion(key, keys, 'Look it up there.'));
  }
  const value = found.setting.parse(text);
  if (!found.setting.accepts(value)) throw new SettingError(key, `\`${text}\``, found.setting.expected, found.setting.about);
  const section = config[found.section] as Record<string, unknown> | undefined;
  if (!section) throw new SettingError(key, `\`${text}\``, 'a setting this command reads', 'Its value belongs to another phase.');
  section[found.name] = value;
}

/**
 * A preset with overrides applied, checked as a whole.
 * @param assignments `key=value`, applied in order.
 */
export function resolve(presetName: string, assignments: readonly string[] = []): Config {
  const config = preset(presetName);
  for (const assignment of assignments) override(config, assignment);
  validate(config);
  return config;
}

/** The given sections of a configuration, in the order of the settings file. */
export function pick(config: Config, sections: readonly SectionName[]): PartialConfig {
  return Object.fromEntries(Object.entries(config).filter(([name]) => sections.includes(name as SectionName))) as PartialConfig;
}

/** JSON with sorted keys: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return `{${entries
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`)
      .join(',')}}`;
  }
  return JSON.stringify(value);
}

/** SHA-256 in hexadecimal of a value's canonical JSON. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** The settings that decide what a run computes, as `section.name` → value. */
export function hashedSettings(config: PartialConfig): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { section, name, key, setting } of allSettings()) {
    const of = config[section] as Record<string, unknown> | undefined;
    if (of && setting.hashed) values[key] = of[name];
  }
  return values;
}
