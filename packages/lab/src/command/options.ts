/** Options that phases share, and how they become a configuration. */
import { parseArgs } from 'node:util';
import { CheckpointError } from '@coxswain/tensor';
import { type Config, configure, defaultPreset, type Loaded, type PartialConfig, pick, preset, presetNames } from '../config.js';
import { SettingError, UsageError } from '../errors.js';
import type { Given, Phase, PhaseInput } from '../phase.js';
import { validate } from '../resolve.js';
import { identify, type RunIdentity } from '../run/identity.js';
import { inputIdentity, openModel, type TrainedModel } from '../run/model.js';
import { canonicalJson } from '../settings/json.js';
import { suggestion } from '../suggest.js';
import { requireOffered, requireSpaces } from '../worlds/offers.js';
import { storedDemonstrations } from '../worlds/stored-demonstrations.js';
import { noteDemonstrations, noteOrigin, worldAssignment } from './world-option.js';

/** A word as a shell takes it. */
export const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** Options of a command, by their names. */
export type OptionSpecs = Readonly<
  Record<
    string,
    {
      readonly type: 'string' | 'boolean';
      readonly short?: string;
      readonly multiple?: boolean;
      readonly default?: string | boolean | string[] | boolean[];
    }
  >
>;
export type OptionValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** `--seed -1` as `--seed=-1`: a number below 0 is a value, and refused for what it is. */
function withNumbers(args: readonly string[], options: OptionSpecs): string[] {
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const takes = args[i].startsWith('--') && options[args[i].slice(2)]?.type === 'string';
    joined.push(takes && /^-\.?\d/.test(args[i + 1] ?? '') ? `${args[i]}=${args[++i]}` : args[i]);
  }
  return joined;
}

/**
 * Reads a command line.
 * @throws UsageError that names what was typed and the nearest option.
 */
export function readOptions(
  args: readonly string[],
  options: OptionSpecs,
  positionals: boolean,
): { readonly values: OptionValues; readonly positionals: readonly string[] } {
  try {
    const read = parseArgs({ args: withNumbers(args, options), options, allowPositionals: positionals, strict: true, tokens: true });
    for (const token of read.tokens) {
      const counts = token.kind === 'option' && !options[token.name].multiple ? read.values[token.name] : undefined;
      if (token.kind === 'option' && counts !== undefined && token.value !== undefined && token.value !== counts)
        throw new UsageError(`--${token.name}`, `both \`${token.value}\` and \`${counts}\``, 'one of them', 'Leave the other out.');
    }
    return read;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const known = Object.keys(options).map((name) => `--${name}`);
    const typed = args.find((argument) => argument.startsWith('--') && !known.includes(argument.split('=')[0]));
    if (typed === undefined) {
      const reason = (error as Error).message.split(/\.?\s*\n|\. /)[0];
      throw new UsageError('Command line', reason, 'options with their values', `Known: ${known.join(', ')}.`);
    }
    throw new UsageError('Option', `\`${typed}\``, `one of ${known.join(', ')}`, suggestion(typed.split('=')[0], known, 'See --help.'));
  }
}

/** Reads a whole number of at least `least`. */
export function readCount(name: string, text: string, least = 0): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < least || value > 0xffff_ffff) {
    throw new UsageError(`--${name}`, `\`${text}\``, `a whole number from ${least} to 4294967295`, `For example --${name} 1.`);
  }
  return value;
}

function openInputs(phase: Pick<Phase, 'inputs'>, values: OptionValues): Record<string, TrainedModel> {
  const opened: Record<string, TrainedModel> = {};
  for (const input of phase.inputs) {
    const path = values[input.name];
    if (typeof path === 'string') opened[input.name] = openModel(path, input.name, input.phase);
  }
  // A controller knows which base it steers: any other base would be nonsense. What it went on from itself is over.
  for (const [name, model] of Object.entries(opened)) {
    for (const [needed, identity] of Object.entries(model.identity.inputs)) {
      if (needed === name) continue;
      const given = opened[needed];
      if (!given && phase.inputs.some((input) => input.name === needed))
        throw new UsageError(
          `--${needed}`,
          'missing',
          `the ${needed} that --${name} was made with (seed ${identity.seed})`,
          `Give its folder with --${needed}, or leave out --${name}.`,
        );
      if (given && given.sha256 !== identity.sha256) {
        const remedy = `Give --${needed} the folder that --${name} was made with.`;
        throw new CheckpointError(
          `--${name}`,
          `it was made with another ${needed} (seed ${identity.seed})`,
          `the ${needed} in ${given.folder}`,
          remedy,
        );
      }
    }
  }
  return opened;
}

/**
 * Sections that a model gives.
 * @throws CheckpointError where it lacks one; SettingError for a setting of it that is set again.
 */
function inherit(input: PhaseInput, { config: trained }: Given, assignments: readonly string[]): PartialConfig {
  const inherited: Record<string, unknown> = {};
  for (const section of [...input.gives, ...(input.mayGive ?? [])]) {
    const given = trained[section];
    if (!given && !input.gives.includes(section)) continue;
    if (!given)
      throw new CheckpointError(
        `--${input.name}`,
        `its config.json has no ${section} settings`,
        `a folder made by \`coxswain ${input.phase}\``,
        'Train it anew.',
      );
    const again = assignments.find((assignment) => assignment.startsWith(`${section}.`));
    if (again !== undefined) {
      throw new SettingError(
        again.split('=')[0],
        `set to \`${again.split('=')[1] ?? ''}\``,
        `what --${input.name} was trained with`,
        `Leave it out, or train another ${input.name} with it.`,
      );
    }
    inherited[section] = given;
  }
  return inherited as PartialConfig;
}

/** Refuses a preset whose world or model is not that of a given model's own: all else in it is meant for those. */
function requireAlike(
  name: string,
  { name: input, gives, phase }: PhaseInput,
  { preset: own, config: { world, model } }: Given,
  loaded: Loaded,
): void {
  if (name === own || !presetNames().includes(own)) return;
  const [asked, trained] = [name, own].map((one) => preset(one, { world: world?.name, model: model?.name }, loaded));
  const other = gives.filter((section) => canonicalJson(asked[section]) !== canonicalJson(trained[section]));
  if (other.length === 0) return;
  const words = other.join(' and ');
  throw new UsageError(
    '--preset',
    `\`${name}\`, but --${input} was trained with the preset ${own}, whose ${words} ${other.length > 1 ? 'are' : 'is'} another`,
    'one preset for both',
    `Leave --preset out, or give a --${input} made by \`coxswain ${phase} --preset ${name}\`.`,
  );
}

/** What the run is that a phase does with these settings, models and seed. */
export function identityOf(phase: Phase, { config, preset, inputs }: Resolved, seed: number): RunIdentity {
  const identities = Object.fromEntries(Object.entries(inputs).map(([name, model]) => [name, inputIdentity(model)]));
  return identify({ phase: phase.name, preset, seed, config: pick(config, phase.sections), inputs: identities });
}

export type Resolved = { readonly config: Config; readonly preset: string; readonly inputs: Readonly<Record<string, TrainedModel>> };

type Asked = Pick<Phase, 'inputs' | 'shortcuts' | 'needs' | 'needsWith'>;

/** Whether a phase reads demonstrations: then they may come from a file. */
export const readsDemonstrations = ({ needs }: Pick<Phase, 'needs'>): boolean => needs?.includes('demonstrations') ?? false;

/**
 * Notes the files that the world and its demonstrations are in, and asks whether it offers what the phase needs, before
 * anything is written.
 */
function requireWorld(phase: Asked, config: Config, values: OptionValues, made: string): void {
  noteOrigin(config.world, made);
  if (readsDemonstrations(phase)) noteDemonstrations(config.world, values, made);
  requireSpaces(config);
  // A file that is no such thing is refused here, and not once there is a folder.
  if (readsDemonstrations(phase)) storedDemonstrations(config, 'heldOut', 1);
  requireOffered([...(phase.needs ?? []), ...(phase.needsWith?.(config) ?? [])], config);
}

/**
 * The whole configuration of a phase from its options: preset, then what the models that it starts from were trained
 * with, then `--set`, then checks.
 * @param given those models by the names of their options.
 * @param loaded a world or a model that no list has.
 */
export function settle(
  phase: Asked,
  values: OptionValues,
  given: Readonly<Record<string, Given>>,
  loaded: Loaded = {},
): Omit<Resolved, 'inputs'> {
  const ofModel = Object.values(given)[0]?.preset;
  const presetName = typeof values.preset === 'string' ? values.preset : (ofModel ?? defaultPreset());
  const set = ((values.set ?? []) as string[]).map((assignment) => assignment.trim());
  for (const [name, key] of Object.entries(phase.shortcuts)) {
    const other = set.findLast((assignment) => assignment.split('=')[0].trim() === key);
    const told = other?.slice(other.indexOf('=') + 1).trim();
    if (typeof values[name] === 'string' && told !== undefined && told !== values[name].trim())
      throw new UsageError(`--${name}`, `\`${values[name]}\` beside --set ${other}`, 'one of them', 'Leave the other out.');
  }
  const shortcuts = Object.entries(phase.shortcuts).flatMap(([name, key]) =>
    typeof values[name] === 'string' ? [`${key}=${values[name]}`] : [],
  );
  const inheritedWorld = Object.values(given).find(({ config }) => config.world)?.config.world;
  const assignments = [...worldAssignment(values, set, inheritedWorld), ...set, ...shortcuts];
  const inherited: PartialConfig = {};
  for (const input of phase.inputs) {
    const model = given[input.name];
    if (!model) continue;
    requireAlike(presetName, input, model, loaded);
    Object.assign(inherited, inherit(input, model, assignments));
  }
  const config = configure(presetName, assignments, loaded, inherited);
  validate(config, loaded);
  if (!loaded.world) requireWorld(phase, config, values, Object.keys(given)[0] ?? 'world');
  for (const input of phase.inputs) {
    if (!given[input.name] && input.required(config)) {
      throw new UsageError(`--${input.name}`, 'missing', `a folder made by \`coxswain ${input.phase}\``, input.about);
    }
  }
  for (const input of phase.inputs) {
    const model = given[input.name];
    const reason = model && input.refused?.(config, model);
    if (reason) throw new UsageError(`--${input.name}`, 'given', 'none with these settings', `${reason}.`);
  }
  return { config, preset: presetName };
}

/** Opens the models that a phase's options name, and settles its configuration with theirs. */
export function resolvePhase(phase: Asked, values: OptionValues, loaded: Loaded = {}): Resolved {
  const inputs = openInputs(phase, values);
  const given = Object.fromEntries(Object.entries(inputs).map(([name, { identity }]) => [name, identity]));
  return { ...settle(phase, values, given, loaded), inputs };
}
