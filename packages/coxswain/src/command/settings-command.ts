/** `coxswain settings`: every setting with its value in a preset and its sentence. */

import { allSettings, type ProgressStream, readOptions, resolve, suggestion, UsageError, WORLD_OPTION, withWorld } from '@coxswain/lab';
import { DEFAULT_PRESET, PRESET_NAMES, SECTION_NAMES } from '../lists.js';

export const SETTINGS_ABOUT = 'List every setting with its value in a preset and what it means.';

const HELP = `coxswain settings — ${SETTINGS_ABOUT}

  --preset NAME     ${PRESET_NAMES.join(' or ')} (default ${DEFAULT_PRESET})
  --section NAME    Of one section only: ${SECTION_NAMES.join(', ')}
  --world NAME|FILE World, by name or a file that is one
  --set KEY=VALUE   Change one setting first; may be repeated
  --json            As JSON: the preset, and of each setting key, value, meaning, expected
  -h, --help        Show this
`;

const SPECS = {
  preset: { type: 'string' as const, default: DEFAULT_PRESET },
  section: { type: 'string' as const },
  ...WORLD_OPTION,
  set: { type: 'string' as const, multiple: true },
  json: { type: 'boolean' as const },
  help: { type: 'boolean' as const, short: 'h' },
};

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
export async function runSettings(args: readonly string[], stdout: ProgressStream): Promise<void> {
  const { values } = readOptions(args, SPECS, false);
  if (values.help) {
    stdout.write(HELP);
    return;
  }
  const wanted = values.section as string | undefined;
  if (wanted !== undefined && !SECTION_NAMES.some((name) => name === wanted)) {
    const remedy = suggestion(wanted, SECTION_NAMES, 'Leave it out for all.');
    throw new UsageError('--section', `\`${wanted}\``, `one of ${SECTION_NAMES.join(', ')}`, remedy);
  }
  const preset = values.preset as string;
  const config = resolve(preset, await withWorld(values));
  const settings = allSettings({ world: config.world.name, model: config.model.name })
    .filter(({ section }) => wanted === undefined || section === wanted)
    .map(({ section, name, key, setting: { about, expected } }): Listed => {
      return { key, value: (config[section] as Record<string, unknown>)[name], meaning: about, expected };
    });
  if (values.json) stdout.write(`${JSON.stringify({ preset, settings }, null, 1)}\n`);
  else print(settings, stdout);
}
