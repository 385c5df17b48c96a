/** `coxswain settings`: every setting with its value in a preset and its sentence. */
import type { ProgressStream } from '../progress.js';
import { PRESET_NAMES } from '../settings/presets.js';
import { resolve } from '../settings/resolve.js';
import { allSettings } from '../settings/sections.js';
import { DEFAULT_PRESET, readOptions } from './options.js';

export const SETTINGS_ABOUT = 'List every setting with its value in a preset and what it means.';

const HELP = `coxswain settings — ${SETTINGS_ABOUT}

  --preset NAME     ${PRESET_NAMES.join(' or ')} (default ${DEFAULT_PRESET})
  --set KEY=VALUE   Change one setting first; may be repeated
  -h, --help        Show this
`;

/** Prints the settings of a preset. */
export function runSettings(args: readonly string[], stdout: ProgressStream): void {
  const specs = {
    preset: { type: 'string' as const, default: DEFAULT_PRESET },
    set: { type: 'string' as const, multiple: true },
    help: { type: 'boolean' as const, short: 'h' },
  };
  const { values } = readOptions(args, specs, false);
  if (values.help) {
    stdout.write(HELP);
    return;
  }
  const config = resolve(values.preset as string, (values.set ?? []) as string[]);
  const rows = allSettings().map(({ section, name, key, setting }) => {
    const value = (config[section] as Record<string, unknown>)[name];
    return { left: `${key}=${Array.isArray(value) ? value.join(',') : String(value)}`, right: `${setting.about} (${setting.expected})` };
  });
  const width = Math.min(40, Math.max(...rows.map(({ left }) => left.length)));
  for (const { left, right } of rows)
    stdout.write(left.length > width ? `${left}\n${' '.repeat(width)}  ${right}\n` : `${left.padEnd(width)}  ${right}\n`);
}
