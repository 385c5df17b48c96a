/** `coxswain pretrain` and its like: open the run folder, run the phase, close everything. */

import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { CoxswainError, EXIT_CODES } from '@coxswain/base';
import {
  allSettings,
  type Config,
  collect,
  count,
  environmentOf,
  explainedMemory,
  hasLeft,
  identityOf,
  knowWorlds,
  type Left,
  listenForInterrupts,
  type Machine,
  type Phase,
  Progress,
  type Resolved,
  RunFolder,
  readArtifact,
  readCheckpoint,
  readsDemonstrations,
  recover,
  requireFiniteFile,
  resolvePhase,
  Session,
  UsageError,
  Watchdog,
} from '@coxswain/lab';
import { type Device, DeviceLostError, OutOfMemoryError } from '@coxswain/tensor';
import { durationNote } from '../cost/project.js';
import { DEFAULT_PRESET, PRESET_NAMES } from '../lists.js';
import { worldOption } from './common-options.js';
import { dawnOption } from './dawn-option.js';
import { notes, type OptionsOf } from './program.js';

/** The options that every phase has. */
const commonOptions = (phase: Phase, name: string) =>
  new Command(name)
    .description(phase.about)
    .option(
      '--preset <NAME>',
      `Named settings to start from: ${DEFAULT_PRESET} (default, or what the given models used), ${PRESET_NAMES.filter((one) => one !== DEFAULT_PRESET).join(', ')}`,
    )
    .addOption(
      worldOption(
        'The world by name, or a file that is one (./my-world.ts): `coxswain world` lists them. A model’s own where one is given',
      ),
    )
    .option('--set <KEY=VALUE>', 'Change one setting; may be repeated. `coxswain settings` lists them', collect())
    .option('--seed <N>', 'Seed of everything random', count('seed'), 0)
    .option('--out <FOLDER>', `Run folder (default: runs/${phase.name}-seed-N). A run found there goes on where it stopped`)
    .option('--keep <N>', 'Checkpoints to keep, the last one included; earlier ones are in checkpoints/', count('keep', 1), 1)
    .option('--stall <MINUTES>', 'End with an error when no step was done for so long (0: never)', readMinutes, 60)
    .addOption(dawnOption());

type Asked = OptionsOf<typeof commonOptions>;

let meanings: ReadonlyMap<string, string> | undefined;

/** What a setting means. All are listed once, for that takes as long as all else that a command does at its start. */
function meaningOf(key: string): string {
  meanings ??= new Map(allSettings().map((listed) => [listed.key, listed.setting.about]));
  return meanings.get(key) ?? '';
}

/**
 * The command of a phase: the options of all, then those that it brings.
 * @param typed the command line, which is noted in the run's folder.
 * @param name how it is called, where that is not the phase's own name.
 */
export function phaseCommand(phase: Phase, typed: string, machine: Machine, name = phase.name) {
  const command = commonOptions(phase, name);
  if (phase.inputs.length > 0) command.optionsGroup('Models it starts from:');
  for (const input of phase.inputs) command.option(`--${input.name} <FOLDER>`, input.about);
  if (readsDemonstrations(phase))
    command
      .optionsGroup('Demonstrations:')
      .option(
        '--demonstrations <FILE>',
        'Demonstrations from a file of safetensors in place of the world’s expert; every tenth episode is held out',
      );
  const shortcuts = Object.entries(phase.shortcuts);
  if (shortcuts.length > 0) command.optionsGroup('Settings by a short name:');
  for (const [short, key] of shortcuts) {
    command.option(`--${short} <VALUE>`, `Short for --set ${key}=VALUE. ${meaningOf(key)}`);
  }
  return command
    .addHelpText(
      'after',
      notes(`It reads the settings of: ${phase.sections.join(', ')}. Ctrl-C saves and stops; the same command goes on from there.`),
    )
    .action((options) => runPhase(phase, options, typed, machine));
}

/** The devices that a phase runs on: several where it can share its work and the machine has them. */
export async function openFor(phase: Phase, config: Config, { openDevice, openDevices }: Machine): Promise<readonly Device[]> {
  return phase.shares?.(config) && openDevices ? openDevices() : [await openDevice()];
}

/** The error with what helps in this phase. */
export function outOfMemory({ lighter }: Phase, { value = '', expected = '' }: OutOfMemoryError): OutOfMemoryError {
  return new OutOfMemoryError(value, expected, lighter);
}

/** How a run is looked after, whatever it computes. */
type Care = { readonly keep: number; readonly stallMinutes: number };

/** So often a run goes on after its device was lost without having come further in between. */
const LOST_IN_A_ROW = 3;

/** Codes of errors that stop a run before what went wrong is saved. */
const SPOILT: readonly string[] = ['not-finite', 'bad-world'];

/** What is left to go on from. */
function savedNote(path: string): string {
  const saved = readCheckpoint(path);
  if (!saved) return 'Nothing was saved yet: the same command begins anew.';
  return `The last checkpoint in ${path}, after ${saved.step} steps, is good: the same command goes on from there.`;
}

/** Opens the folder and runs the phase, from the last checkpoint there to its end. */
async function attempt(phase: Phase, resolved: Resolved, seed: number, path: string, command: string, machine: Machine, care: Care) {
  const { config, inputs } = resolved;
  const identity = identityOf(phase, resolved, seed);
  const { steps, unit, saveEvery } = phase.length(config);
  const folder = new RunFolder(path, identity, command, care.keep);
  try {
    const { resumed } = folder;
    for (const name of resumed?.names ?? []) requireFiniteFile(resumed?.read(name) as Uint8Array, join(resumed?.folder as string, name));
    const progress = new Progress({
      label: phase.name,
      total: steps,
      start: resumed?.step ?? 0,
      unit,
      stream: machine.stderr,
      now: machine.now,
    });
    for (const [name, { unfinishedAt }] of Object.entries(inputs))
      if (unfinishedAt !== undefined)
        progress.note(`What is given as --${name} has not finished its run: the checkpoint after ${unfinishedAt} steps is used.`);
    if (resumed) progress.note(`Going on with ${path} at ${unit} ${resumed.step} of ${steps}.`);
    if (resumed && resumed.step >= steps && hasLeft(path, phase.leaves)) {
      progress.note(`${path} has finished: nothing is left to do.`);
      return;
    }
    const interrupts = listenForInterrupts(machine.signals, (line) => progress.note(line));
    const watchdog = new Watchdog(care.stallMinutes, machine.now, (minutes) => {
      progress.note(
        `Error: no step for ${minutes.toPrecision(2)} minutes (--stall ${care.stallMinutes}): the adapter hangs. What was saved is kept; the same command goes on from there.`,
      );
      machine.signals.exit(EXIT_CODES.stalled);
    });
    try {
      const devices = await openFor(phase, config, machine);
      const [device, ...others] = devices;
      try {
        folder.environment(environmentOf(device, devices.length));
        const duration = await durationNote(phase, config, devices, resumed?.step ?? 0);
        if (duration) progress.note(duration);
        const session = new Session({ folder, progress, signal: interrupts.signal, saved: resumed?.step, steps, saveEvery, watchdog });
        await phase.run({ config, seed, inputs, device, others, folder, resumed, session });
      } finally {
        for (const one of devices) one.close();
      }
    } catch (error) {
      if (error instanceof CoxswainError && SPOILT.includes(error.code)) progress.note(savedNote(path));
      if (error instanceof DeviceLostError) progress.note(error.message);
      if (error instanceof OutOfMemoryError) throw outOfMemory(phase, error);
      throw explainedMemory(error, 'Lower the sizes that were set: episodes, batch, horizon, or those of the model.');
    } finally {
      watchdog.stop();
      progress.finish();
      interrupts.release();
    }
  } finally {
    folder.close();
  }
}

/** Runs the phase to its end, over devices that are lost on the way. */
async function execute(phase: Phase, resolved: Resolved, seed: number, path: string, command: string, machine: Machine, care: Care) {
  const savedAt = (): number => {
    recover(path);
    return readCheckpoint(path)?.step ?? 0;
  };
  let [lost, furthest] = [0, -1];
  for (;;) {
    try {
      await attempt(phase, resolved, seed, path, command, machine, care);
      break;
    } catch (error) {
      if (!(error instanceof DeviceLostError)) throw error;
      const step = savedAt();
      lost = step > furthest ? 1 : lost + 1;
      furthest = Math.max(furthest, step);
      if (lost >= LOST_IN_A_ROW) throw error;
      machine.stderr.write('Asking for another device.\n');
    }
  }
  const left = readArtifact(path, phase.leaves) as Left;
  machine.stdout.write([`Done: ${path}`, ...phase.answer(left).map((line) => `  ${line}`), ''].join('\n'));
}

/** Runs a phase as its command line asks. */
async function runPhase(phase: Phase, asked: Asked, typed: string, machine: Machine): Promise<void> {
  const { seed, keep, stall, out = `runs/${phase.name}-seed-${seed}` } = asked;
  await knowWorlds(asked, phase.inputs);
  await execute(phase, resolvePhase(phase, asked), seed, out, typed, machine, { keep, stallMinutes: stall });
}

function readMinutes(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new UsageError('--stall', `\`${text}\``, 'minutes, 0 or more', 'For example --stall 30.');
  return value;
}
