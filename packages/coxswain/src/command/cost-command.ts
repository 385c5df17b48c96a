/** `coxswain cost`: what training asks of an adapter, and how long it is going to take, before it begins. */

import { Command } from '@commander-js/extra-typings';
import {
  type Config,
  count,
  inFull,
  LENGTHS,
  type Loop,
  type Machine,
  type Phase,
  probeAlone,
  probeOf,
  resolve,
  stepsFor,
  suggestion,
  UsageError,
  withWorld,
  writeFile,
  yardstick,
} from '@coxswain/lab';
import { type OutOfMemoryError, tooLarge } from '@coxswain/tensor';
import { median } from 'd3-array';
import { calibrate, calibrateSharing, type Tell } from '../cost/calibrate.js';
import { kernelTable, type PhaseKernels, timeKernels } from '../cost/kernels.js';
import { costTable, milliseconds, type PhaseLine, type Round } from '../cost/line.js';
import { loopTable } from '../cost/loop.js';
import { isProbed, type PhaseCost, phaseCost, projectedSeconds } from '../cost/project.js';
import { type CostResults, costPage, mergedResults, readCostResults } from '../cost/results.js';
import { costFolder, measuredOn, readCostModel, type StoredModel, writeCostModel } from '../cost/stored.js';
import { presetOption, setFirstOption, worldOption } from './common-options.js';
import { askDawn, dawnOption, EXACT_TIMES } from './dawn-option.js';
import { openFor, outOfMemory } from './phase-command.js';
import { notes, type OptionsOf } from './program.js';

const NOTES = `A step's time is the sum of its dispatches, operations of matrix products, attention and recurrences (by kernel), bytes of
attention's caches, bytes that all other kernels move and bytes from the host, each at a rate of the adapter. How fast the adapter is just
now, beside when its rates were measured, a fixed piece of work tells: for two seconds, and in turns with steps that are timed. The error is
that of runs left out of the fit. Updates of RL are counted on episodes as long as an expert’s, one in twenty of them cut by the horizon.
Time steps are those of the episodes in a step: tokens of the sequence model, in RL steps of the worlds. A loop is timed on the worlds
themselves, stepped by the host: episodes of models at their random start that end early begin again until they have lasted as long as an
expert's. Worlds, device (until it answers) and the rest of the host are all of it; playing is what of it does not go to learning.`;

const probedNames = (phases: readonly Phase[]): string[] => phases.filter(isProbed).map(({ name }) => name);

const declare = (phases: readonly Phase[]) =>
  new Command('cost')
    .description('Count what training asks of this adapter and project how long it takes.')
    .addOption(presetOption())
    .addOption(worldOption('World, by name or a file that is one'))
    .addOption(setFirstOption())
    .option('--phase <NAME>', `Of one phase only: ${probedNames(phases).join(', ')}`)
    .option(
      '--measure',
      'First time 31 small pieces of work on this adapter, three times each, and fit its model of cost to them (some 25 minutes on two ' +
        'cores without a GPU). It is kept, and every phase that trains then says at its start how long its steps take.',
    )
    .option(
      '--check <N>',
      'Time N steps of each phase too, on models at their random start, after as many that are not timed; the ratio is that of what the ' +
        `model says of these very steps to what they took. Batches come in ${LENGTHS} lengths, so ${LENGTHS} or a multiple of it is a good ` +
        'number. Updates of RL are long and all alike: an eighth as many',
      count('check'),
    )
    .option(
      '--rounds <N>',
      'Do so N times over, all phases in turn, for a median and a range: a machine that others use too is not always as fast (default: 1)',
      count('rounds'),
    )
    .option(
      '--kernels <N>',
      'Time every launch of N steps of each phase too, on one device: what each kernel takes, and how far it is from what the adapter ' +
        'could do at best',
      count('kernels'),
    )
    .option(
      '--loop <N>',
      'Time N updates of RL too, after one that is not timed, on the worlds themselves and one device: environment steps a second of the ' +
        'whole loop, and how much of it goes to the worlds, to the device and to the rest',
      count('loop'),
    )
    .option('--results <FOLDER>', 'Also write FOLDER/ADAPTER/PRESET.json, and FOLDER.md about all that lies in FOLDER')
    .option('--page', 'Only write FOLDER.md anew from what lies in FOLDER: nothing is counted or timed')
    .addOption(dawnOption())
    .addHelpText('after', notes(NOTES));

type Asked = OptionsOf<typeof declare>;

/** @param typed the command line, which is noted beside the results. */
export const costCommand = (typed: string, phases: readonly Phase[], machine: Machine) =>
  declare(phases).action((options) => tellCost(typed, options, phases, machine));

async function measure(phases: readonly Phase[], { openDevice, openDevices, stderr, stdout }: Machine): Promise<void> {
  const told =
    (on: string): Tell =>
    (done, all, { seconds }) =>
      stderr.write(`measured ${done} of ${all}${on}: ${(1000 * seconds).toPrecision(3)} ms a step\n`);
  const model = await calibrate(phases, openDevice, told(''));
  const device = await openDevice();
  stdout.write(`Wrote ${writeCostModel(costFolder(), [device], model)}\n`);
  device.close();
  if (!openDevices) return;
  const devices = await openDevices();
  for (const one of devices) one.close();
  if (devices.length === 1) return;
  const shared = await calibrateSharing(phases, openDevices, devices[0].traits, model, told(` on ${devices.length} devices`));
  stdout.write(`Wrote ${writeCostModel(costFolder(), devices, shared)}\n`);
}

/** A phase as it is measured. */
interface Probed {
  readonly phase: Phase;
  readonly devices: number;
  readonly cost: PhaseCost;
  /** The model of cost of its devices, where there is one. */
  readonly stored?: StoredModel;
  /** Why it cannot run here. */
  readonly obstacle?: OutOfMemoryError;
  /** Seconds that the yardstick took before the first round, where there is a model. */
  readonly beside: number;
  /** Once a round. */
  readonly rounds: Round[];
  /** Where they were asked for. */
  kernels?: PhaseKernels;
  loop?: Loop;
}

/** What a phase costs on the devices that it would run on. */
async function probedOf(phase: Phase, config: Config, machine: Machine): Promise<Probed> {
  const devices = await openFor(phase, config, machine);
  const stored = readCostModel(costFolder(), devices);
  const beside = stored ? await yardstick(devices) : 0;
  const [{ traits, pool }] = devices;
  for (const one of devices) one.close();
  const cost = await phaseCost(phase, config, traits);
  const obstacle = cost.largest > pool.largest ? outOfMemory(phase, tooLarge(cost.largest, pool.largest)) : undefined;
  return { phase, devices: devices.length, cost, stored, obstacle, beside, rounds: [] };
}

/** Times steps of a phase once, if it can run here. @returns what to tell of it. */
async function time({ phase, obstacle, stored, devices, cost, rounds }: Probed, config: Config, machine: Machine, steps: number) {
  if (obstacle) return 'cannot run here';
  const counted = stepsFor(phase, steps);
  const { work, seconds, beside } = await probeAlone(phase, config, () => openFor(phase, config, machine), counted);
  // Of what devices share the one that counts sees its part alone; but then all steps are alike.
  const same = { ...cost, steps: 1, work: devices > 1 ? cost.work : work };
  rounds.push({ timed: seconds, beside, ...(stored ? { expected: projectedSeconds(same, stored, beside) } : {}) });
  return `${milliseconds(seconds)} ms a step`;
}

/** Projected at the speed of the rounds where there were any. */
function lineOf({ phase: { name: phase }, devices, cost, stored, beside, rounds, kernels, loop }: Probed): PhaseLine {
  const now = median(rounds, (round) => round.beside) ?? beside;
  const projected = stored && projectedSeconds({ ...cost, steps: 1 }, stored, now);
  return {
    phase,
    devices,
    cost,
    rounds,
    ...(projected === undefined ? {} : { projected }),
    ...(kernels && { kernels }),
    ...(loop && { loop }),
  };
}

function aligned(rows: readonly string[][]): string {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) => `${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')}\n`).join('');
}

const withoutSlash = (folder: string): string => folder.replace(/\/+$/, '');

/** Writes the page about a folder of results. */
function writePage(folder: string, { stdout }: Machine): void {
  const path = withoutSlash(folder);
  writeFile(`${path}.md`, costPage(readCostResults(path)), stdout);
}

/** Keeps the lines in a folder of results, and writes its page anew. */
function record(folder: string, results: CostResults, machine: Machine): void {
  const { path, content } = mergedResults(withoutSlash(folder), results);
  writeFile(path, content, machine.stdout);
  writePage(folder, machine);
}

/** Prints what each phase costs. @throws NoAdapterError where there is no adapter. */
async function tellCost(command: string, values: Asked, phases: readonly Phase[], machine: Machine): Promise<void> {
  askDawn({ first: [EXACT_TIMES] });
  const { stdout, stderr } = machine;
  const { preset, results, check: steps = 0, rounds = 1, kernels: kernelSteps = 0, loop: updates = 0 } = values;
  if (values.page) {
    if (results === undefined)
      throw new UsageError('--page', 'no folder', '--results FOLDER beside it', 'For example --results docs/results/cost.');
    writePage(results, machine);
    return;
  }
  const changes = await withWorld(values);
  const config = resolve(preset, changes);
  if (steps === 0 && values.rounds !== undefined)
    throw new UsageError('--rounds', `${rounds} of no steps`, '--check N beside it', 'For example --check 8.');
  const asked = phases.filter((phase) => isProbed(phase) && (values.phase ?? phase.name) === phase.name);
  if (asked.length === 0) {
    const value = String(values.phase);
    const probed = probedNames(phases);
    throw new UsageError('--phase', `\`${value}\``, `one of ${probed.join(', ')}`, suggestion(value, probed, 'Leave it out for all.'));
  }
  if (values.measure) await measure(phases, machine);
  const device = await machine.openDevice();
  const { description } = device;
  const adapter = measuredOn([device]);
  const stored = readCostModel(costFolder(), [device]);
  device.close();
  const all: Probed[] = [];
  for (const phase of asked) all.push(await probedOf(phase, config, machine));
  for (let round = 1; steps > 0 && round <= rounds; round++) {
    for (const probed of all) {
      const told = await time(probed, config, machine, steps);
      stderr.write(`round ${round} of ${rounds}, ${probed.phase.name}: ${told}\n`);
    }
  }
  for (const probed of all) {
    if (kernelSteps === 0 || probed.obstacle) continue;
    probed.kernels = await timeKernels(probed.phase, config, machine.openDevice, stepsFor(probed.phase, kernelSteps));
    stderr.write(`timed the kernels of ${probed.phase.name}\n`);
  }
  for (const probed of all) {
    const { loop } = probeOf(probed.phase);
    if (updates === 0 || probed.obstacle || !loop) continue;
    using alone = await machine.openDevice();
    probed.loop = await loop(config, alone, updates);
    stderr.write(`timed the loop of ${probed.phase.name}\n`);
  }
  const lines = all.map(lineOf);
  stdout.write(`${description}\n`);
  stdout.write(
    stored
      ? `Model of cost fitted on ${stored.measuredAt.slice(0, 10)} to ${stored.model.measurements} runs, mean error ${Math.round(100 * stored.model.error)} %.\n\n`
      : 'No model of cost for this adapter yet: --measure makes one.\n\n',
  );
  stdout.write(aligned(costTable(lines)));
  for (const { phase, kernels } of all) if (kernels) stdout.write(`\nA step of ${phase.name}\n${aligned(kernelTable(kernels))}`);
  const loops = lines.flatMap(({ phase, loop }) => (loop ? [{ phase, loop }] : []));
  if (loops.length > 0) stdout.write(`\nUpdates on the worlds themselves\n${aligned(loopTable(loops))}`);
  for (const { phase, obstacle } of all) if (obstacle) stdout.write(`\n${phase.name} cannot run here. ${inFull(obstacle)}\n`);
  if (results === undefined) return;
  const at = new Date().toISOString();
  const models = new Map(all.flatMap(({ stored }) => (stored ? [[stored.measuredOn, stored] as const] : [])));
  record(
    results,
    {
      format: 1,
      preset,
      set: changes,
      adapter,
      models: [...models.values()],
      phases: lines.map((line) => ({ ...line, command, at })),
    },
    machine,
  );
}
