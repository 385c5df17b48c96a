/**
 * `coxswain world`: which worlds there are, what one is, whether it keeps the rules; and demonstrations of it as a
 * file.
 */

import { describeSpace } from '@coxswain/base';
import { arraysFromTrajectories, checkWorld, type WorldDefinition, type WorldSpaces } from '@coxswain/envs';
import {
  allSettings,
  BrokenRulesError,
  type Config,
  demonstrationsOf,
  isWorldFile,
  type KnownWorld,
  type OptionValues,
  type ProgressStream,
  readCount,
  readOptions,
  requireOffered,
  requireSpaces,
  resolve,
  UsageError,
  type WorldConfig,
  withWorld,
  worldOf,
  writeAtomic,
} from '@coxswain/lab';
import { writeSafetensors } from '@coxswain/tensor';
import { DEFAULT_PRESET, WORLDS } from '../lists.js';

export const WORLD_ABOUT = 'List the worlds, describe one or a file that is one, and check it against the rules of worlds.';

const HELP = `coxswain world [NAME|FILE] — ${WORLD_ABOUT}

  --check           Play it against the rules, a line for each; ends with an error if it breaks any
  --record FILE     Write demonstrations of its expert, as --demonstrations reads them
  --episodes N      How many of them (default 1000)
  --noise X         Share of disturbed moves in them, 0 to 1 (default 0)
  --seed N          Seed of them (default 0)
  --set KEY=VALUE   Change one of its settings first (world.cells=9); may be repeated
  -h, --help        Show this

Without a name: all worlds, and what each has. A file is a module of JavaScript or TypeScript; README.md shows a whole one.
`;

const SPECS = {
  check: { type: 'boolean' as const },
  record: { type: 'string' as const },
  episodes: { type: 'string' as const, default: '1000' },
  noise: { type: 'string' as const, default: '0' },
  seed: { type: 'string' as const, default: '0' },
  set: { type: 'string' as const, multiple: true },
  help: { type: 'boolean' as const, short: 'h' },
};

/** Does with worlds what the command line asks. */
export async function runWorld(args: readonly string[], stdout: ProgressStream): Promise<void> {
  const { values, positionals } = readOptions(args, SPECS, true);
  if (values.help) {
    stdout.write(HELP);
    return;
  }
  if (positionals.length > 1)
    throw new UsageError('coxswain world', `${positionals.length} worlds`, 'one', 'For example: coxswain world ./my-world.ts');
  const [world] = positionals;
  const asked = ['check', 'record'].find((name) => values[name] !== undefined);
  if (world === undefined && asked)
    throw new UsageError(`--${asked}`, 'no world', 'the name or the file of one', `For example: coxswain world ./my-world.ts --${asked}`);
  if (world === undefined) {
    list(stdout);
    return;
  }
  const config = await configOf(world, values);
  if (values.check) check(config.world, stdout);
  else if (typeof values.record === 'string') record(config, values.record, values, stdout);
  else describe(config, stdout);
}

/** The configuration of the world that is asked for, under its first preset where it needs one. */
async function configOf(world: string, values: OptionValues): Promise<Config> {
  const assignments = await withWorld({ ...values, world });
  const found = WORLDS.find(({ name, origin }) => (isWorldFile(world) ? origin?.file === world : name === world));
  const [preset = DEFAULT_PRESET] = Object.keys((!found?.origin && found?.presets) || {});
  return resolve(preset, assignments);
}

/** What worlds may have beside what all of them have. */
const PARTS: readonly (readonly [string, (world: WorldDefinition, opened: WorldSpaces | undefined) => boolean])[] = [
  ['demonstrations', ({ demonstrations }) => demonstrations !== undefined],
  ['events', (_, spaces) => (spaces?.events.length ?? 0) > 0],
  ['symmetries', ({ symmetries }) => symmetries !== undefined],
  ['snapshots', (world) => snapshots(world)],
  ['drawing', ({ draw }) => draw !== undefined],
];

/** Settings of a world at their defaults or, where it needs one, under a preset. */
function someSettings({ settings, presets = {} }: WorldDefinition): never | undefined {
  const read = [{}, ...Object.values(presets)].map((given) => settings.safeParse(given)).find(({ success }) => success);
  return read?.data as never | undefined;
}

function snapshots(world: WorldDefinition): boolean {
  const settings = someSettings(world);
  if (!settings) return false;
  const opened = world.open(settings, { task: 'free', environments: 1, horizon: 1 });
  return opened.snapshot !== undefined && opened.restore !== undefined;
}

function partsOf(world: WorldDefinition): string {
  const settings = someSettings(world);
  const spaces = settings && world.spaces(settings);
  return PARTS.filter(([, has]) => has(world, spaces))
    .map(([name]) => name)
    .join(', ');
}

function list(stdout: ProgressStream): void {
  for (const world of WORLDS) stdout.write(`${summaryOf(world)}\n`);
  stdout.write('coxswain world NAME says more of one; coxswain world FILE of your own.\n');
}

function summaryOf(world: KnownWorld): string {
  const { name, about, presets = {}, origin } = world;
  const lines = [
    ['has', partsOf(world)],
    ['presets', Object.keys(presets).join(', ')],
    ['file', origin ? `${origin.file} (SHA-256 ${origin.sha256})` : ''],
  ].filter(([, what]) => what !== '');
  return [`${name} — ${about}`, ...lines.map(([title, what]) => `  ${title.padEnd(9)}${what}`), ''].join('\n');
}

function describe(config: Config, stdout: ProgressStream): void {
  requireSpaces(config);
  const { definition, settings, spaces, tasks } = worldOf(config);
  const { observation, action, predicted, events } = spaces;
  const lines = [
    ['observation', describeSpace(observation)],
    ['action', describeSpace(action)],
    ...(predicted ? [['predicted', describeSpace(predicted)]] : []),
    ['events', events.map((name, i) => `${i} ${name}`).join(', ') || 'none'],
    ['tasks', `${tasks.map(({ text }) => text).join(', ')}; rewarded: ${definition.defaults(settings).reward.task}`],
  ];
  stdout.write(summaryOf(definition));
  stdout.write(`${lines.map(([title, what]) => `  ${title.padEnd(13)}${what}`).join('\n')}\n\n`);
  for (const { section, name, key, setting } of allSettings({ world: definition.name }))
    if (section === 'world' && name !== 'name' && name !== 'tasks')
      stdout.write(`${key}=${String(config.world[name])}\n  ${setting.about} (${setting.expected})\n`);
}

/** @throws BrokenRulesError, after a line for each rule. */
function check(world: WorldConfig, stdout: ProgressStream): void {
  const { definition, settings } = worldOf({ world });
  const findings = checkWorld(definition, settings);
  for (const { rule, ok, detail } of findings) stdout.write(`${ok ? 'ok     ' : 'broken '} ${rule}${detail ? `: ${detail}` : ''}\n`);
  const broken = findings.filter(({ ok }) => !ok);
  if (broken.length > 0) throw new BrokenRulesError(definition.name, broken.length, findings.length);
}

function record(config: Config, file: string, values: OptionValues, stdout: ProgressStream): void {
  requireOffered(['demonstrations'], config);
  const [count, seed] = [readCount('episodes', values.episodes as string, 1), readCount('seed', values.seed as string)];
  const noise = Number(values.noise);
  if (!(noise >= 0 && noise <= 1)) throw new UsageError('--noise', `\`${values.noise}\``, 'a number from 0 to 1', 'For example 0.1.');
  const { tasks } = worldOf(config);
  const made = demonstrationsOf(config, { tasks, horizon: config.world.horizon, count, seed, noise });
  writeAtomic(file, writeSafetensors(arraysFromTrajectories(made), { world: config.world.name, seed: String(seed), noise: String(noise) }));
  stdout.write(`Wrote ${file}: ${count} episodes of ${config.world.name}\n`);
}
