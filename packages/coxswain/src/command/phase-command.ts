/** `coxswain pretrain` and its like: open the run folder, run the phase, close everything. */

import { join } from 'node:path';
import { CoxswainError, EXIT_CODES } from '@coxswain/base';
import {
  allSettings,
  type Config,
  DEMONSTRATIONS_HELP,
  environmentOf,
  explainedMemory,
  hasLeft,
  identityOf,
  knowWorlds,
  type Left,
  listenForInterrupts,
  type Machine,
  type OptionSpecs,
  type OptionValues,
  type Phase,
  Progress,
  quote,
  type Resolved,
  RunFolder,
  readArtifact,
  readCheckpoint,
  readCount,
  readOptions,
  readsDemonstrations,
  recover,
  requireFiniteFile,
  resolvePhase,
  Session,
  UsageError,
  Watchdog,
  WORLD_HELP,
  WORLD_OPTION,
} from '@coxswain/lab';
import { type Device, DeviceLostError, OutOfMemoryError } from '@coxswain/tensor';
import { durationNote } from '../cost/project.js';
import { DEFAULT_PRESET, PRESET_NAMES } from '../lists.js';

export type { Machine };

const COMMON: OptionSpecs = {
  preset: { type: 'string' },
  set: { type: 'string', multiple: true },
  ...WORLD_OPTION,
  seed: { type: 'string', default: '0' },
  out: { type: 'string' },
  keep: { type: 'string', default: '1' },
  stall: { type: 'string', default: '60' },
  help: { type: 'boolean', short: 'h' },
};

/** The text of `coxswain PHASE --help`. */
export function phaseHelp(phase: Phase, spoken = phase.name): string {
  const inputs = phase.inputs.map((input) => [`--${input.name} FOLDER`, input.about]);
  const about = (key: string) => allSettings().find((candidate) => candidate.key === key)?.setting.about ?? '';
  const shortcuts = Object.entries(phase.shortcuts).map(([name, key]) => [
    `--${name} VALUE`,
    `Short for --set ${key}=VALUE. ${about(key)}`,
  ]);
  const rows = [
    [
      '--preset NAME',
      `Named settings to start from: ${DEFAULT_PRESET} (default, or what the given models used), ${PRESET_NAMES.filter((name) => name !== DEFAULT_PRESET).join(', ')}.`,
    ],
    WORLD_HELP,
    ['--set KEY=VALUE', 'Change one setting; may be repeated. `coxswain settings` lists them.'],
    ['--seed N', 'Seed of everything random (default 0).'],
    ['--out FOLDER', `Run folder (default runs/${phase.name}-seed-N). A run found there goes on where it stopped.`],
    ['--keep N', 'Checkpoints to keep, the last one included (default 1); earlier ones are in checkpoints/.'],
    ['--stall MINUTES', 'End with an error when no step was done for so long (default 60; 0: never).'],
    ...(readsDemonstrations(phase) ? [DEMONSTRATIONS_HELP] : []),
    ...inputs,
    ...shortcuts,
    ['-h, --help', 'Show this.'],
  ];
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return [
    `coxswain ${spoken} — ${phase.about}`,
    '',
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`),
    '',
    `It reads the settings of: ${phase.sections.join(', ')}. Ctrl-C saves and stops; the same command goes on from there.`,
    '',
  ].join('\n');
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

/** Runs a phase as its command line asks. @param spoken how the command line calls it. */
export async function runPhase(phase: Phase, args: readonly string[], machine: Machine, spoken = phase.name): Promise<void> {
  const own = [
    ...phase.inputs.map((input) => input.name),
    ...Object.keys(phase.shortcuts),
    ...(readsDemonstrations(phase) ? ['demonstrations'] : []),
  ];
  const { values } = readOptions(args, { ...COMMON, ...Object.fromEntries(own.map((name) => [name, { type: 'string' as const }])) }, false);
  if (values.help) {
    machine.stdout.write(phaseHelp(phase, spoken));
    return;
  }
  const seed = readCount('seed', values.seed as string);
  await knowWorlds(values, phase.inputs);
  const resolved = resolvePhase(phase, values);
  const path = outFolder(phase, values, seed);
  const command = ['coxswain', ...spoken.split(' '), ...args].map(quote).join(' ');
  const care = { keep: readCount('keep', values.keep as string, 1), stallMinutes: readMinutes(values.stall as string) };
  await execute(phase, resolved, seed, path, command, machine, care);
}

function readMinutes(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new UsageError('--stall', `\`${text}\``, 'minutes, 0 or more', 'For example --stall 30.');
  return value;
}

function outFolder(phase: Phase, values: OptionValues, seed: number): string {
  return typeof values.out === 'string' ? values.out : `runs/${phase.name}-seed-${seed}`;
}
