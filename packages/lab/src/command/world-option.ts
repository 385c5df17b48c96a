/** `--world NAME|FILE`: what it says as a setting, and the worlds that given models were made in. */
import fs from 'node:fs';
import type { WorldConfig } from '../config.js';
import { RecordedFileError, UsageError } from '../errors.js';
import { digestOfFile } from '../run/checkpoint.js';
import { recordedWorld } from '../run/model.js';
import { knownWorlds } from '../worlds/known.js';
import type { OptionValues } from './options.js';

/** Whether `--world` names a file; else it is the name of a world. */
export const isWorldFile = (text: string): boolean => /[/\\]/.test(text) || /\.[cm]?[jt]s$/.test(text);

/** The compiler of TypeScript is loaded where there is a file: every other command starts without it. */
const load = async (file: string): Promise<void> => {
  await (await import('../worlds/file.js')).loadWorld(file);
};

/**
 * Reads the worlds that are files: that of `--world`, or those that the given models were made in.
 * @param inputs options that name models.
 * @throws RecordedFileError where a model's is gone; WorldFileError, FileError.
 */
export async function knowWorlds(values: OptionValues, inputs: readonly { readonly name: string }[] = []): Promise<void> {
  const { world } = values;
  if (world !== undefined && isWorldFile(world)) {
    await load(world);
    return;
  }
  for (const { name } of inputs) {
    const path = values[name];
    const recorded = typeof path === 'string' ? recordedWorld(path) : undefined;
    if (recorded?.file === undefined) continue;
    if (!fs.existsSync(recorded.file)) throw new RecordedFileError('world', recorded.file, name, 'gone');
    await load(recorded.file);
  }
}

/**
 * The same for commands that start from no model.
 * @returns what `--world` says as `key=value`, before what `--set` says.
 */
export async function withWorld(values: OptionValues): Promise<string[]> {
  await knowWorlds(values);
  const set = (values.set ?? []).map((assignment) => assignment.trim());
  return [...worldAssignment(values, set), ...set];
}

/**
 * What `--world` says as `key=value`; nothing where the world that is inherited is that very one.
 * @throws UsageError beside a `--set world.name` that says another.
 */
export function worldAssignment({ world }: OptionValues, set: readonly string[], inherited?: WorldConfig): string[] {
  if (world === undefined) return [];
  const name = isWorldFile(world) ? knownWorlds().find(({ origin }) => origin?.file === world)?.name : world;
  if (name === undefined) throw new Error(`${world} was not read before its name was asked for`);
  const other = set.findLast((assignment) => assignment.split('=')[0].trim() === 'world.name');
  if (other !== undefined && other.slice(other.indexOf('=') + 1).trim() !== name)
    throw new UsageError('--world', `\`${world}\` beside --set ${other}`, 'one of them', 'Leave the other out.');
  return inherited?.name === name ? [] : [`world.name=${name}`];
}

/**
 * Notes where a world was read from.
 * @param made option of the model whose world it is, if any.
 * @throws RecordedFileError where its file holds something else than when that model was made.
 */
export function noteOrigin(world: WorldConfig, made: string): void {
  const origin = knownWorlds().find(({ name }) => name === world.name)?.origin;
  if (world.sha256 !== origin?.sha256) throw new RecordedFileError('world', origin?.file ?? String(world.file), made, 'changed');
  if (origin) world.file = origin.file;
}

/**
 * Notes the file that demonstrations are read from.
 * @param values options; where they name none, it is the one that the model `made` was made with.
 * @throws RecordedFileError where that one is gone or holds something else; FileError for a file that cannot be read.
 */
export function noteDemonstrations(world: WorldConfig, { demonstrations: given }: OptionValues, made: string): void {
  if (given !== undefined) Object.assign(world, { demonstrations: given, demonstrationsSha256: digestOfFile(given) });
  const { demonstrations: path, demonstrationsSha256 } = world;
  if (path === undefined || given !== undefined) return;
  const state = !fs.existsSync(path) ? 'gone' : digestOfFile(path) !== demonstrationsSha256 ? 'changed' : undefined;
  if (state) throw new RecordedFileError('demonstrations', path, made, state);
}
