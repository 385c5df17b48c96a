/**
 * `coxswain world`: which worlds there are, what one is, whether it keeps the rules; and demonstrations of it as a
 * file.
 */

import { Command } from '@commander-js/extra-typings';
import { describeSpace } from '@coxswain/base';
import { arraysFromTrajectories, checkWorld, type WorldDefinition, type WorldSpaces } from '@coxswain/envs';
import {
  allSettings,
  BrokenRulesError,
  type Config,
  collect,
  count,
  demonstrationsOf,
  isWorldFile,
  type KnownWorld,
  type Machine,
  type ProgressStream,
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
import { notes, type OptionsOf } from './program.js';

const declare = () =>
  new Command('world')
    .description('List the worlds, describe one or a file that is one, and check it against the rules of worlds.')
    .argument('[NAME|FILE]', 'A world, or a file that is one: a module of JavaScript or TypeScript. All worlds without it')
    .option('--check', 'Play it against the rules, a line for each; ends with an error if it breaks any')
    .option('--record <FILE>', 'Write demonstrations of its expert, as --demonstrations reads them')
    .option('--episodes <N>', 'How many of them', count('episodes', 1), 1000)
    .option('--noise <X>', 'Share of disturbed moves in them, 0 to 1', readNoise, 0)
    .option('--seed <N>', 'Seed of them', count('seed'), 0)
    .option('--set <KEY=VALUE>', 'Change one of its settings first (world.cells=9); may be repeated', collect())
    .addHelpText('after', notes('Without a name: all worlds, and what each has. README.md shows a whole file.'));

type Asked = OptionsOf<typeof declare>;

export const worldCommand = ({ stdout }: Machine) => declare().action((world, options) => tellWorlds(world, options, stdout));

function readNoise(text: string): number {
  const noise = Number(text);
  if (noise >= 0 && noise <= 1) return noise;
  throw new UsageError('--noise', `\`${text}\``, 'a number from 0 to 1', 'For example 0.1.');
}

/** Does with worlds what the command line asks. */
async function tellWorlds(world: string | undefined, asked: Asked, stdout: ProgressStream): Promise<void> {
  const needing = (['check', 'record'] as const).find((name) => asked[name] !== undefined);
  if (world === undefined && needing)
    throw new UsageError(
      `--${needing}`,
      'no world',
      'the name or the file of one',
      `For example: coxswain world ./my-world.ts --${needing}`,
    );
  if (world === undefined) {
    list(stdout);
    return;
  }
  const config = await configOf(world, asked.set);
  if (asked.check) check(config.world, stdout);
  else if (asked.record !== undefined) record(config, asked.record, asked, stdout);
  else describe(config, stdout);
}

/** The configuration of the world that is asked for, under its first preset where it needs one. */
async function configOf(world: string, set: readonly string[] | undefined): Promise<Config> {
  const assignments = await withWorld({ set, world });
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

function record(config: Config, file: string, { episodes: count, seed, noise }: Asked, stdout: ProgressStream): void {
  requireOffered(['demonstrations'], config);
  const { tasks } = worldOf(config);
  const made = demonstrationsOf(config, { tasks, horizon: config.world.horizon, count, seed, noise });
  writeAtomic(file, writeSafetensors(arraysFromTrajectories(made), { world: config.world.name, seed: String(seed), noise: String(noise) }));
  stdout.write(`Wrote ${file}: ${count} episodes of ${config.world.name}\n`);
}
