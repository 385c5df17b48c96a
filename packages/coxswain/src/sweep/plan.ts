/** From a sweep file to its runs: names, command lines, and which waits for which. */
import { join } from 'node:path';
import {
  configure,
  defaultPreset,
  type OptionValues,
  type Phase,
  pick,
  readsDemonstrations,
  SweepFileError,
  suggestion,
  UsageError,
  validate,
  worldAssignment,
} from '@coxswain/lab';
import type { Need, SweepEntry, SweepFile } from './file.js';

/** One run of a sweep. */
export interface PlannedRun {
  /** Its own name within the sweep, and its folder's. */
  readonly name: string;
  readonly folder: string;
  readonly phase: Phase;
  /** The command line after `coxswain`. */
  readonly args: readonly string[];
  /** Options of the phase by name, as `args` has them. */
  readonly options: Readonly<Record<string, string>>;
  readonly set: readonly string[];
  /** The file's preset, where the run starts from no model; else it has its model's settings. */
  readonly preset: string | undefined;
  /** The file's world, likewise. */
  readonly world?: string | undefined;
  /** Names of the runs that it starts from. */
  readonly after: readonly string[];
  readonly needs: readonly Need[];
}

/** Its options as the phase reads them from a command line. */
export function valuesOf({ options, set, preset, world }: PlannedRun): OptionValues {
  return { ...options, set: [...set], ...(preset !== undefined && { preset }), ...(world !== undefined && { world }) };
}

type Values = Readonly<Record<string, string>>;

/** All combinations of the axes named, the last one changing fastest. */
function combinations(file: SweepFile, over: readonly string[], refuse: Refuse): Values[] {
  const axes = over.map((axis) => {
    if (!Object.hasOwn(file.axes, axis))
      refuse(
        `over: \`${axis}\``,
        `an axis of the file (${Object.keys(file.axes).join(', ') || 'it has none'})`,
        suggestion(axis, Object.keys(file.axes), 'Add it under `axes`.'),
      );
    return file.axes[axis].map((value) => (typeof value === 'string' ? { [axis]: value } : value));
  });
  return axes.reduce<Values[]>((all, axis) => all.flatMap((left) => axis.map((right) => ({ ...left, ...right }))), [{}]);
}

type Refuse = (value: string, expected: string, remedy: string) => never;

/** Puts values in place of the names in braces. */
function fill(template: string, values: Values, refuse: Refuse): string {
  return template.replace(/\{([^{}]*)\}/g, (_, name: string) => {
    if (!Object.hasOwn(values, name))
      refuse(
        `\`{${name}}\` in \`${template}\``,
        `a value of the axes after \`over\` (${Object.keys(values).join(', ') || 'none'})`,
        suggestion(name, Object.keys(values), 'Add its axis to `over`.'),
      );
    return values[name];
  });
}

/** Finds the phase that a command's words name: `discover`, `analyse probes`. */
export type FindPhase = (command: string) => Phase | undefined;

function checkOptions({ options, set }: SweepEntry, phase: Phase, refuse: Refuse): void {
  const files = readsDemonstrations(phase) ? ['demonstrations'] : [];
  const known = ['seed', ...files, ...phase.inputs.map(({ name }) => name), ...Object.keys(phase.shortcuts)];
  for (const name of Object.keys(options)) {
    if (name === 'out') refuse('options: `out`', 'no folder: a run’s folder has its name', 'Leave it out.');
    if (!known.includes(name))
      refuse(`options: \`${name}\``, `one of ${known.join(', ')}`, suggestion(name, known, '`set` takes the names of settings.'));
  }
  for (const key of Object.keys(set))
    if (!phase.sections.some((section) => key.startsWith(`${section}.`)))
      refuse(`set: \`${key}\``, `a setting of ${phase.sections.join(', ')}, which ${phase.name} reads`, '`coxswain settings` lists them.');
}

const keyOf = (assignment: string): string => assignment.split('=')[0].trim();

/**
 * The runs of a sweep, each after those that it starts from. Nothing is opened: whether a model fits is checked when it
 * is there.
 * @param path of the file, for messages.
 * @param changes `key=value` for every run that reads the setting and does not have it from its model, whatever the
 * file says.
 * @throws SweepFileError, SettingError for a setting that does not exist or is out of range, UsageError for a change
 * that no run reads.
 */
export function planSweep(
  file: SweepFile,
  path: string,
  findPhase: FindPhase,
  commands: readonly string[],
  changes: readonly string[] = [],
): PlannedRun[] {
  const planned = new Map<string, PlannedRun>();
  const drafts: { name: string; entry: SweepEntry; command: string; values: Values; phase: Phase; refuse: Refuse }[] = [];
  const names = new Set<string>();
  for (const [template, entry] of Object.entries(file.runs)) {
    const refuse: Refuse = (value, expected, remedy) => {
      throw new SweepFileError(path, `runs › ${template} › ${value}`, expected, remedy);
    };
    for (const values of combinations(file, entry.over, refuse)) {
      const command = fill(entry.command, values, refuse);
      const phase = findPhase(command);
      if (!phase)
        return refuse(`command: \`${command}\``, `one of ${commands.join(', ')}`, suggestion(command, commands, 'See coxswain --help.'));
      checkOptions(entry, phase, refuse);
      const name = fill(template, values, refuse);
      if (!/^[\w.+=-]+$/.test(name))
        refuse(`the name \`${name}\``, 'letters, digits and . _ + = - only', 'It becomes the name of a folder.');
      if (names.has(name)) refuse(`the name \`${name}\``, 'another name for every run', 'Name every axis after `over` in braces.');
      names.add(name);
      drafts.push({ name, entry, command, values, phase, refuse });
    }
  }
  const ofWorld = worldAssignment({ world: file.world }, []);
  configure(file.preset ?? defaultPreset(), [...ofWorld, ...changes]);
  const unread = new Set(changes);
  for (const { name, entry, command, values, phase, refuse } of drafts) {
    const options: Record<string, string> = {};
    const after: string[] = [];
    for (const [option, template] of Object.entries(entry.options)) {
      const value = fill(template, values, refuse);
      const isRun = phase.inputs.some((input) => input.name === option) && names.has(value);
      if (isRun) after.push(value);
      options[option] = isRun ? join(file.folder, value) : value;
    }
    const startsFromNothing = !phase.inputs.some((input) => options[input.name] !== undefined);
    // Settings that come from a model are not known yet.
    const given = phase.inputs.flatMap((input) => (options[input.name] === undefined ? [] : [...input.gives, ...(input.mayGive ?? [])]));
    const own = phase.sections.filter((section) => !given.includes(section));
    const changed = changes.filter((change) => own.some((section) => keyOf(change).startsWith(`${section}.`)));
    for (const change of changed) unread.delete(change);
    const ofEntry = Object.entries(entry.set).map(([key, value]) => `${key}=${fill(value, values, refuse)}`);
    const set = [...ofEntry.filter((assignment) => !changed.map(keyOf).includes(keyOf(assignment))), ...changed];
    // Settings are tried on the preset, so that a typo in the last run is found before the first one starts.
    const trial = configure(file.preset ?? defaultPreset(), [...ofWorld, ...set]);
    validate(pick(trial, own));
    const [ofFile, world] = startsFromNothing ? [file.preset, file.world] : [];
    const folder = join(file.folder, name);
    const args = [
      ...command.split(' '),
      ...(ofFile === undefined ? [] : ['--preset', ofFile]),
      ...(world === undefined ? [] : ['--world', world]),
      ...Object.entries(options).flatMap(([option, value]) => [`--${option}`, value]),
      ...set.flatMap((assignment) => ['--set', assignment]),
      '--out',
      folder,
    ];
    planned.set(name, { name, folder, phase, args, options, set, preset: ofFile, world, after, needs: entry.needs });
  }
  for (const change of unread)
    throw new UsageError(
      '--set',
      `\`${change}\``,
      `a setting that a run of ${path} reads`,
      'Leave it out: those that start from a model have its settings.',
    );
  return inOrder(planned, path);
}

/** Each run after those that it starts from; else in the order of the file. */
function inOrder(planned: ReadonlyMap<string, PlannedRun>, path: string): PlannedRun[] {
  const ordered = new Map<string, PlannedRun>();
  const open = new Set<string>();
  const visit = (run: PlannedRun): void => {
    if (ordered.has(run.name)) return;
    if (open.has(run.name))
      throw new SweepFileError(path, `run \`${run.name}\` starts from itself`, 'runs that start from earlier ones', 'Break the circle.');
    open.add(run.name);
    for (const name of run.after) visit(planned.get(name) as PlannedRun);
    ordered.set(run.name, run);
  };
  for (const run of planned.values()) visit(run);
  return [...ordered.values()];
}
