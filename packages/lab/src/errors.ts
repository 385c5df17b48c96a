/** The errors of the command, and the exit code each error of the project ends it with. */
import { CoxswainError, EXIT_CODES } from '@coxswain/base';

// What a world's or a model's own settings are refused with, too.
export { SettingError } from '@coxswain/base';

/** The command line cannot be understood. */
export class UsageError extends CoxswainError {
  override name = 'UsageError';

  constructor(what: string, value: string, expected: string, remedy: string) {
    super(`${what}: ${value}, expected ${expected}. ${remedy}`, { code: 'usage', value, expected, remedy });
  }
}

/** A preset that does not exist. */
export class UnknownPresetError extends CoxswainError {
  override name = 'UnknownPresetError';

  constructor(value: string, known: readonly string[], suggestion: string | undefined) {
    const remedy = suggestion === undefined ? `choose one of ${known.join(', ')}` : `did you mean \`${suggestion}\`?`;
    super(`Unknown preset \`${value}\` (known: ${known.join(', ')}): ${remedy}`, {
      code: 'unknown-preset',
      value,
      expected: `one of ${known.join(', ')}`,
      remedy,
    });
  }
}

/** A run folder that holds another run. */
export class OtherConfigurationError extends CoxswainError {
  override name = 'OtherConfigurationError';

  constructor(folder: string, differences: readonly string[]) {
    const value = differences.slice(0, 5).join('; ') + (differences.length > 5 ? `; and ${differences.length - 5} more` : '');
    const remedy = 'Give this run a folder of its own with --out, or repeat the settings of the run that is there.';
    super(`Run folder ${folder} belongs to another configuration (${value}). ${remedy}`, {
      code: 'other-configuration',
      value: `${folder}: ${value}`,
      expected: 'an empty folder, or one of this very configuration',
      remedy,
    });
  }
}

/** A folder that is not a run folder, or whose files contradict each other. */
export class RunFolderError extends CoxswainError {
  override name = 'RunFolderError';

  constructor(folder: string, value: string, expected: string, remedy: string) {
    super(`Run folder ${folder}: ${value}, expected ${expected}. ${remedy}`, {
      code: 'bad-run-folder',
      value: `${folder}: ${value}`,
      expected,
      remedy,
    });
  }
}

/** Another process writes the same run folder. */
export class FolderBusyError extends CoxswainError {
  override name = 'FolderBusyError';

  constructor(folder: string, owner: string) {
    const remedy = 'Wait for it, stop it, or choose another folder with --out.';
    super(`Run folder ${folder} is in use by ${owner}. ${remedy}`, {
      code: 'folder-busy',
      value: folder,
      expected: 'a folder nobody writes',
      remedy,
    });
  }
}

/** The disk, or the quota, has no room for the file. */
export class DiskFullError extends CoxswainError {
  override name = 'DiskFullError';

  constructor(path: string, options?: ErrorOptions) {
    const remedy = 'Free some space and start the same command again: it goes on from its last checkpoint.';
    super(
      `No space left to write ${path}; what was written before is kept. ${remedy}`,
      { code: 'disk-full', value: path, expected: 'free space', remedy },
      options,
    );
  }
}

/** An array that the settings ask for is larger than this program, or this machine, can have. */
export class TooLargeError extends CoxswainError {
  override name = 'TooLargeError';

  constructor(value: string, remedy: string, options?: ErrorOptions) {
    super(
      `The settings ask for ${value}, which cannot be had. ${remedy}`,
      { code: 'out-of-memory', value, expected: 'arrays that fit in memory', remedy },
      options,
    );
  }
}

/**
 * JavaScript's own word for an array that is too large, as a typed error with the memory it would take; all else as it
 * is.
 */
export function explainedMemory(error: unknown, remedy: string): unknown {
  if (!(error instanceof RangeError)) return error;
  const [, elements] = /^Invalid (?:typed )?array length: (\d+)$/.exec(error.message) ?? [];
  const failed = /^Array buffer|^Invalid array length$/.test(error.message);
  if (elements === undefined && !failed) return error;
  const [, name] = /\bnew (\w+Array)\b/.exec(error.stack ?? '') ?? [];
  const bits = Number(/\d+/.exec(name ?? '')?.[0] ?? 8);
  const value = elements === undefined ? 'a larger array' : `an array of ${((Number(elements) * bits) / 8 / 2 ** 30).toPrecision(3)} GiB`;
  return new TooLargeError(value, remedy, { cause: error });
}

/** A file that cannot be read or written for another reason than space. */
export class FileError extends CoxswainError {
  override name = 'FileError';

  constructor(path: string, reason: string, options?: ErrorOptions) {
    const remedy = 'Check that the path is right and that you may read and write it.';
    super(`${path}: ${reason}. ${remedy}`, { code: 'file', value: path, expected: 'a readable, writable path', remedy }, options);
  }
}

/** A folder that nothing can be written to. */
export class UnwritableError extends CoxswainError {
  override name = 'UnwritableError';
  /** @param reason completes a sentence that begins with the folder; `path` is what was to be written. */
  constructor(folder: string, reason: string, path: string, options?: ErrorOptions) {
    const remedy = 'Choose another place, or make this one writable.';
    const message = `${folder} ${reason}: ${path} cannot be written. ${remedy}`;
    super(message, { code: 'file', value: `${folder} ${reason}`, expected: 'a folder that can be written', remedy }, options);
  }
}

/** A sweep file that cannot be understood. */
export class SweepFileError extends CoxswainError {
  override name = 'SweepFileError';

  constructor(path: string, value: string, expected: string, remedy: string) {
    super(`Sweep ${path}: ${value}, expected ${expected}. ${remedy}`, { code: 'bad-sweep', value: `${path}: ${value}`, expected, remedy });
  }
}

/** Redis refuses us, or its address is none. */
export class RedisError extends CoxswainError {
  override name = 'RedisError';

  constructor(address: string, value: string, remedy: string) {
    super(`Redis at ${address}: ${value}, expected one that answers. ${remedy}`, {
      code: 'redis',
      value: `${address}: ${value}`,
      expected: 'a Redis that answers',
      remedy,
    });
  }
}

/** Nothing tells which moments of an episode matter, or what was found at them says nothing. */
export class NoMomentsError extends CoxswainError {
  override name = 'NoMomentsError';

  constructor(value: string, expected: string, remedy: string) {
    super(`${value}, expected ${expected}. ${remedy}`, { code: 'no-moments', value, expected, remedy });
  }
}

/** A file that is meant to be a world and is none. */
export class WorldFileError extends CoxswainError {
  override name = 'WorldFileError';

  constructor(path: string, value: string, expected: string, options?: ErrorOptions) {
    const remedy = 'Correct the file; the README shows a whole one.';
    super(
      `World ${path}: ${value}, expected ${expected}. ${remedy}`,
      { code: 'bad-world', value: `${path}: ${value}`, expected, remedy },
      options,
    );
  }
}

/** A world that breaks rules of worlds. */
export class BrokenRulesError extends CoxswainError {
  override name = 'BrokenRulesError';

  constructor(world: string, broken: number, rules: number) {
    const value = `World ${world} breaks ${broken} of ${rules} rules`;
    const expected = 'none broken';
    const remedy = 'What is broken is said above, with what was expected.';
    super(`${value}, expected ${expected}. ${remedy}`, { code: 'bad-world', value, expected, remedy });
  }
}

/** A file that a model's run read, and that is gone or holds something else by now. */
export class RecordedFileError extends CoxswainError {
  override name = 'RecordedFileError';
  /**
   * @param what the option that says where it is: `world`.
   * @param made the option of the model that was made with it.
   */
  constructor(what: 'world' | 'demonstrations', path: string, made: string, state: 'gone' | 'changed') {
    const value = `${path}, ${what === 'world' ? 'the world' : 'the demonstrations'} that --${made} was made with, ${state === 'gone' ? 'is gone' : 'was changed since'}`;
    const expected = 'the same file';
    const remedy = `Say where it is with --${what} FILE, or make a model of its own with what is there now.`;
    super(`${value}, expected ${expected}. ${remedy}`, {
      code: state === 'gone' ? 'file' : 'other-configuration',
      value,
      expected,
      remedy,
    });
  }
}

/** A phase needs what its world does not offer. */
export class NotOfferedError extends CoxswainError {
  override name = 'NotOfferedError';
  /**
   * @param missing what is needed,
   * @param offered what a world gives that has it, in words.
   * @param others names of such worlds.
   */
  constructor(
    readonly world: string,
    missing: string,
    offered: string,
    others: readonly string[],
  ) {
    const value = `World ${world} offers no ${missing}`;
    const expected = `a world with ${offered}`;
    const remedy = others.length > 0 ? `Worlds that have it: ${others.join(', ')}.` : 'No world that is known has it.';
    super(`${value}, expected ${expected}. ${remedy}`, { code: 'not-offered', value, expected, remedy });
  }
}

/** A phase starts from what no phase makes. */
export class NotMadeError extends CoxswainError {
  override name = 'NotMadeError';

  constructor(kind: string) {
    const [value, expected] = [`no phase makes a ${kind}`, 'a system with a phase that makes one'];
    const remedy = 'Add such a system to the list of the app.';
    super(`Among the systems that are registered ${value}, expected ${expected}. ${remedy}`, { code: 'not-open', value, expected, remedy });
  }
}

/** Some runs of a sweep did not finish; the others are kept. */
export class SweepError extends CoxswainError {
  override name = 'SweepError';

  constructor(finished: number, planned: number, reasons: readonly string[]) {
    const value = reasons.slice(0, 5).join('; ') + (reasons.length > 5 ? `; and ${reasons.length - 5} more` : '');
    const remedy = 'What finished is kept. Look at the logs, then start the same command again: it does what is missing.';
    super(`${finished} of ${planned} runs finished: ${value}. ${remedy}`, {
      code: 'sweep-unfinished',
      value,
      expected: `${planned} finished runs`,
      remedy,
    });
  }
}

/** A metric, or a state to be saved, is NaN or infinite; what made it so is looked for where that can be. */
export class SpoiltRunError extends CoxswainError {
  override name = 'SpoiltRunError';

  constructor(what: string, value: string) {
    const remedy = 'Nothing was saved of it: start the same command again with a lower learning rate, or look at the metrics before it.';
    super(`${what} is ${value}. ${remedy}`, { code: 'not-finite', value: `${what} = ${value}`, expected: 'a finite number', remedy });
  }
}

/** The user stopped a sweep; its runs are saved. */
export class SweepInterruptedError extends CoxswainError {
  override name = 'SweepInterruptedError';

  constructor(finished: number, planned: number) {
    const remedy = 'Start the same command again to go on from there.';
    super(`Stopped with ${finished} of ${planned} runs finished; those under way are saved. ${remedy}`, {
      code: 'interrupted',
      value: `${finished} runs`,
      expected: `${planned} runs`,
      remedy,
    });
  }
}

/** The user stopped the run; its state is saved, if there was any yet. */
export class InterruptedError extends CoxswainError {
  override name = 'InterruptedError';
  /** @param step of the last checkpoint; absent where nothing was saved yet. */
  constructor(folder: string, step: number | undefined) {
    const remedy = step === undefined ? 'The same command begins anew.' : 'Start the same command again to go on from there.';
    const where = step === undefined ? 'before the first checkpoint; nothing is lost' : `at step ${step}; the checkpoint is in ${folder}`;
    super(`Stopped ${where}. ${remedy}`, {
      code: 'interrupted',
      value: `step ${step ?? 0}`,
      expected: 'the whole run',
      remedy,
    });
  }
}

/** What went wrong and what to do. */
export function inFull({ message, remedy }: CoxswainError): string {
  if (remedy === undefined || message.includes(remedy)) return message;
  return `${message}. ${remedy[0].toUpperCase()}${remedy.slice(1)}.`;
}

/** The exit code for an error: one of its own for each kind of `CoxswainError`, 1 for anything unforeseen. */
export function exitCodeOf(error: unknown): number {
  return error instanceof CoxswainError ? EXIT_CODES[error.code] : 1;
}
