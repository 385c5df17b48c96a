/** What a phase says of its own steps, so that `coxswain cost` can run them by themselves. */
import type { Device, LaunchTimer } from '@coxswain/tensor';
import type { Config } from '../config.js';
import type { Work } from './work.js';
import type { Yardstick } from './yardstick.js';

export interface Probe {
  /** Work of a step, on the mean. */
  readonly work: Work;
  /** Wall-clock seconds of a step, on the mean; meaningless on a device that only counts. */
  readonly seconds: number;
  /** Seconds of the yardstick, timed in turns with the steps; 0 where it was not. */
  readonly beside: number;
  /** Time steps of the episodes of a step, on the mean: tokens of the sequence model, steps of the worlds. */
  readonly timeSteps: number;
  /** Bytes that the device holds at the end. */
  readonly held: number;
  /** Demonstrations that the expert plays a second; absent where the phase takes none, or reads them from a file. */
  readonly demonstrations?: number;
}

/** Updates of RL on worlds that the host steps, from the first step of an episode to the last epoch. */
export interface Loop {
  readonly updates: number;
  /** Of an update. */
  readonly episodes: number;
  /** Environment steps of all updates. */
  readonly steps: number;
  /** Threads that step the worlds. */
  readonly threads: number;
  readonly seconds: {
    /** Of all updates. */
    readonly all: number;
    /** Of these, while episodes were played; the rest is learning from them. */
    readonly playing: number;
    /** Of these, in the worlds: physics, and what they show. */
    readonly worlds: number;
    /** Of these, until the device answered. The rest is the host's own work between the two. */
    readonly device: number;
  };
}

/** What steps that are counted are measured with besides. */
export interface Instruments {
  /** Timed in turns with them, on other devices. */
  readonly yardstick?: Yardstick;
  /** Times the launches of the first device; the steps are slower then. */
  readonly timer?: LaunchTimer;
}

/** A small run that an adapter's model of cost is fitted to. */
export interface Variation {
  /** Differences from the default preset in what cost depends on. */
  readonly change: readonly string[];
  /**
   * Steps that are timed, after as many that are not (one, where all are alike); where absent three times all lengths
   * of sequences.
   */
  readonly steps?: number;
}

/** Of a phase that trains. */
export interface PhaseProbe {
  /** Whether all steps are alike, and long: one is enough to count, and an eighth as many to time. */
  readonly alike: boolean;
  readonly variations: readonly Variation[];
  /** What devices that share the work are timed at, where they can. */
  readonly shared?: readonly Variation[];
  /**
   * Runs the first steps on models at their random start.
   * @param devices fresh ones: what the run leaves on them stays there until they are closed. More than one share the
   * work, and what is counted is the first one's part.
   * @param counted steps that are counted and timed, after as many that are not, 8 or more (one, where all are alike):
   * these meet most lengths of sequences first, and compile and lay out what they need.
   */
  readonly run: (config: Config, devices: readonly Device[], counted: number, instruments: Instruments) => Promise<Probe>;
  /**
   * Updates on the worlds themselves, where it has such: models at their random start play, after one update that is
   * not timed.
   */
  readonly loop?: (config: Config, device: Device, updates: number) => Promise<Loop>;
}
