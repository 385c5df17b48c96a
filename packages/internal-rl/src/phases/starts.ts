/**
 * Several starts of one training run: each is trained for a while from weights of its own, and the one with the lowest
 * cost (held-out loss, or what else needs no label) then goes on. A start that has found nothing early seldom does in
 * time.
 */
import type { Checkpoint, Snapshot } from '@coxswain/lab';

export interface StartSettings {
  readonly starts: number;
  readonly startSteps: number;
  /** Steps of the start that goes on, those as a start included. */
  readonly steps: number;
}

export interface Place {
  readonly start: number;
  /** Steps that this start has done. */
  readonly step: number;
}

/** Updates of the whole run. */
export const updatesOf = ({ starts, startSteps, steps }: StartSettings): number => steps + (starts - 1) * startSteps;

/** Which start the update after `done` of them belongs to. */
export function placeOf({ starts, startSteps }: StartSettings, done: number): Place {
  return done < starts * startSteps
    ? { start: Math.floor(done / startSteps), step: done % startSteps }
    : { start: starts - 1, step: done - (starts - 1) * startSteps };
}

type Files = Readonly<Record<string, Uint8Array>>;

/** What a start is set to, and read back from. */
export interface Trainee {
  /** Weights of a start, an optimiser that has done nothing. */
  begin(start: number): void | Promise<void>;
  save(): Promise<Files>;
  load(files: Files): void;
}

const PREFIX = 'best-';

/** Keeps the best start so far, across checkpoints too. */
export class Starts {
  #best: { readonly start: number; readonly cost: number; readonly files: Files } | undefined;

  constructor(
    readonly settings: StartSettings,
    private readonly trainee: Trainee,
  ) {}

  /** The start that goes on, once it is known. */
  get best(): number | undefined {
    return this.#best?.start;
  }

  /** Call before the update after `done` of them. */
  async before(done: number): Promise<Place> {
    const place = placeOf(this.settings, done);
    if (place.step === 0 && place.start > 0) await this.trainee.begin(place.start);
    return place;
  }

  /** Whether a start ends with update `done`, so that its loss has to be measured. */
  endsAt(done: number): boolean {
    const { starts, startSteps } = this.settings;
    return starts > 1 && done <= starts * startSteps && done % startSteps === 0;
  }

  /** Call where a start ends. After the last one the best is what goes on. @param cost the lower the better. */
  async ended(done: number, cost: number): Promise<void> {
    const { starts, startSteps } = this.settings;
    const start = done / startSteps - 1;
    // A cost that is not a number loses against every other.
    if (!this.#best || cost < this.#best.cost || Number.isNaN(this.#best.cost))
      this.#best = { start, cost, files: await this.trainee.save() };
    if (start === starts - 1 && this.#best.start !== start) this.trainee.load(this.#best.files);
    if (start === starts - 1) this.#best = { ...this.#best, files: {} };
  }

  /** What a checkpoint has to hold besides the state of the start that runs. */
  snapshot(): Required<Snapshot> {
    const { files = {}, start, cost } = this.#best ?? {};
    return {
      files: Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${PREFIX}${name}`, bytes])),
      // Named as in the first checkpoints, when it was always a loss.
      extra: this.#best ? { best: { start, loss: String(cost), files: Object.keys(files) } } : {},
    };
  }

  restore({ extra, read }: Checkpoint): void {
    const { best } = extra as { best?: { start: number; loss: string; files: string[] } };
    if (!best) return;
    const files = Object.fromEntries(best.files.map((name) => [name, read(`${PREFIX}${name}`)]));
    this.#best = { start: best.start, cost: Number(best.loss), files };
  }
}
