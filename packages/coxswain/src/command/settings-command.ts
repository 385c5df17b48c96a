/** `coxswain settings`: every setting with its value in a preset and its sentence. */

import { Command } from '@commander-js/extra-typings';
import { allSettings, type Machine, type ProgressStream, resolve, suggestion, UsageError, withWorld } from '@coxswain/lab';
import { SECTION_NAMES } from '../lists.js';
import { presetOption, setFirstOption, worldOption } from './common-options.js';
import type { OptionsOf } from './program.js';

const declare = () =>
  new Command('settings')
    .description('List every setting with its value in a preset and what it means.')
    .addOption(presetOption())
    .option('--section <NAME>', `Of one section only: ${SECTION_NAMES.join(', ')}`)
    .addOption(worldOption('World, by name or a file that is one'))
    .addOption(setFirstOption())
    .option('--json', 'As JSON: the preset, and of each setting key, value, meaning, expected');

type Asked = OptionsOf<typeof declare>;

export const settingsCommand = ({ stdout }: Machine) => declare().action((options) => listSettings(options, stdout));

/** A setting with its value, as it is listed. */
type Listed = { readonly key: string; readonly value: unknown; readonly meaning: string; readonly expected: string };

/** One line a setting, what it means beside its value, or below where that is long. */
function print(settings: readonly Listed[], stdout: ProgressStream): void {
  const rows = settings.map(({ key, value, meaning, expected }) => ({
    left: `${key}=${Array.isArray(value) ? value.join(',') : String(value)}`,
    right: `${meaning} (${expected})`,
  }));
  const width = Math.min(40, Math.max(...rows.map(({ left }) => left.length)));
  for (const { left, right } of rows)
    stdout.write(left.length > width ? `${left}\n${' '.repeat(width)}  ${right}\n` : `${left.padEnd(width)}  ${right}\n`);
}

/** Prints the settings of a preset. @throws UsageError for a section that there is not. */
async function listSettings(asked: Asked, stdout: ProgressStream): Promise<void> {
  const { preset, section: wanted } = asked;
  if (wanted !== undefined && !SECTION_NAMES.some((name) => name === wanted)) {
    const remedy = suggestion(wanted, SECTION_NAMES, 'Leave it out for all.');
    throw new UsageError('--section', `\`${wanted}\``, `one of ${SECTION_NAMES.join(', ')}`, remedy);
  }
  const config = resolve(preset, await withWorld(asked));
  const settings = allSettings({ world: config.world.name, model: config.model.name })
    .filter(({ section }) => wanted === undefined || section === wanted)
    .map(({ section, name, key, setting: { about, expected } }): Listed => {
      return { key, value: (config[section] as Record<string, unknown>)[name], meaning: about, expected };
    });
  if (asked.json) stdout.write(`${JSON.stringify({ preset, settings }, null, 1)}\n`);
  else print(settings, stdout);
}
