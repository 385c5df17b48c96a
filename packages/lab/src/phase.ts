/**
 * What a phase of the method is to the `coxswain` command: its name, what it reads and starts from, and how it runs.
 */
import type { WorldDefinition } from '@coxswain/envs';
import type { Device } from '@coxswain/tensor';
import type { Left } from './answer.js';
import type { Config, PartialConfig, SectionName } from './config.js';
import type { PhaseProbe } from './cost/phase-probe.js';
import { InterruptedError } from './errors.js';
import type { Progress } from './progress.js';
import type { Checkpoint, Snapshot } from './run/checkpoint.js';
import { requireFiniteSnapshot } from './run/finite.js';
import type { RunFolder } from './run/folder.js';
import type { RunIdentity } from './run/identity.js';
import type { TrainedModel } from './run/model.js';
import type { Watchdog } from './run/watchdog.js';
import type { AskedWorld } from './settings/section.js';

/** What a run takes over from a model that it starts from. */
export type Given = Pick<RunIdentity, 'preset' | 'config'>;

/** Something that some worlds offer. */
export interface Offer {
  /** What is missing where they do not. */
  readonly missing: string;
  /** What a world gives that offers it, in words. */
  readonly offered: string;
  /** Whether a world by itself has it. */
  readonly by: (definition: WorldDefinition) => boolean;
}

/** What some phases need of a world, and some worlds do not have: by name, or as the phase's system says. */
export type WorldNeed = 'demonstrations' | 'goals' | 'events' | Offer;

/** A trained model that a phase starts from: an option of its command. */
export type PhaseInput = {
  /** Name of the option: `base` gives `--base FOLDER`. */
  readonly name: string;
  /** The phase that makes it. */
  readonly phase: string;
  readonly about: string;
  /** Sections taken from the model's own configuration; they cannot be set again. */
  readonly gives: readonly SectionName[];
  /**
   * The same, where its configuration has them: models that were made before there were such sections have the
   * preset's.
   */
  readonly mayGive?: readonly SectionName[];
  readonly required: (config: Config) => boolean;
  /** Why it has no place with these settings and what to do, if so: it is refused then. */
  readonly refused?: (config: Config, model: Given) => string | undefined;
};

/** What `run` gets. */
export type PhaseContext = {
  /** All settings; only the sections the phase declares count for the run's identity. */
  readonly config: Config;
  readonly seed: number;
  readonly inputs: Readonly<Record<string, TrainedModel>>;
  readonly device: Device;
  /** Further devices of the machine, where the phase can share its work (`Phase.shares`) and there are any. */
  readonly others: readonly Device[];
  readonly folder: Pick<RunFolder, 'identity' | 'writeArtifact' | 'writeText'>;
  /** The state to go on from; absent at the start of a run. */
  readonly resumed: Checkpoint | undefined;
  readonly session: Pick<Session, 'log' | 'note' | 'preparing' | 'savesAt' | 'afterStep'>;
};

export type Phase = {
  readonly name: string;
  /** One sentence, for `--help`. */
  readonly about: string;
  /** Sections of the configuration the phase reads. */
  readonly sections: readonly SectionName[];
  readonly inputs: readonly PhaseInput[];
  /** The kind of model that it leaves, where others ask for one of that kind whichever phase makes it. */
  readonly makes?: string;
  /** What its world has to offer; where demonstrations are among it, they may come from a file. */
  readonly needs?: readonly WorldNeed[];
  /** What it has to offer besides, with these settings. */
  readonly needsWith?: (config: Config) => readonly WorldNeed[];
  /**
   * Checks settings of several sections that depend on each other. Sections that are not known yet are absent, and the
   * world with its own.
   * @throws SettingError.
   */
  readonly check?: (config: PartialConfig, world: AskedWorld | undefined) => void;
  /** The file it writes last, when it has finished. */
  readonly leaves: string;
  /** What it found, for who ran it: a line or a few, from what that file holds. */
  readonly answer: (left: Left) => readonly string[];
  /**
   * Options that stand for a setting: `{ view: 'discover.view' }` makes `--view same` mean `--set discover.view=same`.
   */
  readonly shortcuts: Readonly<Record<string, string>>;
  /** Steps of the whole run, and what one is called. */
  readonly length: (config: Config) => { readonly steps: number; readonly unit: string; readonly saveEvery: number };
  /** Whether it can share its work between devices; it cannot when absent. */
  readonly shares?: (config: Config) => boolean;
  /** Its steps by themselves, for `cost`; a phase that trains has them. */
  readonly probe?: PhaseProbe;
  /**
   * What `watch` shows of it: the first metric of the curve's that it logs, and the last values of others. Its first
   * metric when absent.
   */
  readonly follow?: { readonly curve: readonly string[]; readonly latest: readonly string[] };
  /** What asks less memory of the adapter; a sentence without its stop. */
  readonly lighter?: string;
  /**
   * Does the work from `resumed` (or the start) to the end, calling `session.afterStep` once a step. A run that has
   * done all its steps only writes its results again. Throws what stopped it.
   */
  readonly run: (context: PhaseContext) => Promise<void>;
};

export type SessionOptions = {
  readonly folder: RunFolder;
  readonly progress: Progress;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Steps that the last checkpoint holds; absent where there is none. */
  readonly saved?: number;
  readonly steps: number;
  readonly saveEvery: number;
  /** Is told of every step and line. */
  readonly watchdog: Pick<Watchdog, 'beat'>;
};

/** The part of a training loop that is the same in every phase: metrics, checkpoints, progress, Ctrl-C. */
export class Session {
  constructor(private readonly options: SessionOptions) {}

  /** Writes one line of metrics; names are those of `METRICS`. */
  log(step: number, values: Readonly<Record<string, number>>): void {
    this.options.watchdog.beat();
    this.options.folder.metrics.write(step, values);
  }

  /** Prints a line above the progress line. */
  note(text: string): void {
    this.options.watchdog.beat();
    this.options.progress.note(text);
  }

  /**
   * Call now and then while something is made that the steps need: shows how much of it there is, and hears Ctrl-C.
   * @throws InterruptedError when Ctrl-C was pressed.
   */
  async preparing(what: string, done: number, total: number): Promise<void> {
    const { folder, progress, signal, saved, watchdog } = this.options;
    watchdog.beat();
    progress.preparing(what, done, total);
    await new Promise((resume) => setImmediate(resume));
    if (signal.aborted) throw new InterruptedError(folder.path, saved);
  }

  /** Whether `afterStep` would read the state back now: at every `saveEvery` steps, at the end, and at Ctrl-C. */
  savesAt(done: number): boolean {
    const { steps, saveEvery, signal } = this.options;
    return done % saveEvery === 0 || done >= steps || signal.aborted;
  }

  /**
   * Call when `done` steps are done and their metrics are logged. Saves when it is time to.
   * @param snapshot reads the state back; called only when it is saved.
   * @param notes values for the progress line.
   * @param must whether to save now, whatever `saveEvery` says.
   * @throws SpoiltRunError, before anything is written, for a state that is not finite; InterruptedError after saving,
   * when Ctrl-C was pressed before the last step.
   */
  async afterStep(
    done: number,
    snapshot: () => Promise<Snapshot>,
    notes: Readonly<Record<string, number>> = {},
    must = false,
  ): Promise<void> {
    const { folder, progress, signal, steps, watchdog } = this.options;
    watchdog.beat();
    progress.update(done, notes);
    // Without a turn of the event loop a signal would never be seen.
    await new Promise((resume) => setImmediate(resume));
    if (!must && !this.savesAt(done)) return;
    const state = await snapshot();
    requireFiniteSnapshot(state.files, done);
    folder.save(done, state);
    folder.timing({ step: done, seconds: progress.seconds, 'charts/SPS': progress.rate });
    if (signal.aborted && done < steps) throw new InterruptedError(folder.path, done);
  }
}
