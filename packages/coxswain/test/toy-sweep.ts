/** Sweeps of toy runs: their file, and what they left. */
import fs from 'node:fs';
import { join } from 'node:path';
import { readMetrics } from '@coxswain/lab';
import { Gate } from './waiting.js';

/** Steps of each run. */
export const STEPS = 40;
const WIDTHS = [32, 64];

/** Two models and, from each of them, a run for every seed. */
export class ToySweep {
  readonly names: readonly string[];

  constructor(
    readonly root: string,
    private readonly seeds: readonly number[],
  ) {
    this.names = [...WIDTHS.map((width) => `base-${width}`), ...WIDTHS.flatMap((width) => seeds.map((seed) => `next-${width}-${seed}`))];
  }

  /** Writes the sweep file. @returns its path. */
  write(change: (text: string) => string = (text) => text): string {
    const path = join(this.root, 'sweep.yaml');
    const text = `
folder: ${join(this.root, 'runs')}
axes: { seed: [${this.seeds}], width: [${WIDTHS}] }
runs:
  base-{width}:
    command: pretrain
    over: [width]
    options: { steps: ${STEPS} }
    set: { model.width: '{width}', pretrain.warmup: 0, pretrain.saveEvery: 5 }
  next-{width}-{seed}:
    command: discover
    over: [width, seed]
    options: { seed: '{seed}', steps: ${STEPS}, base: 'base-{width}' }
    set: { pretrain.warmup: 0, pretrain.saveEvery: 5 }
`;
    fs.writeFileSync(path, change(text));
    return path;
  }

  /** Under which the runs wait for the test: `Gate.hold` names them by phase, width and seed. */
  get gate(): Gate {
    return new Gate(join(this.root, 'gate'));
  }

  run(name: string): string {
    return join(this.root, 'runs', name);
  }

  /** What a run printed so far. */
  log(name: string): string {
    const path = join(this.root, 'runs', 'logs', `${name}.log`);
    return fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : '';
  }

  /** Steps that a run has begun, by its log. */
  begun(name: string): number {
    return times(this.log(name), 'begins');
  }

  finished(): string[] {
    return this.names.filter((name) => fs.existsSync(join(this.run(name), 'result.json')));
  }

  /** The steps in a run's metrics, in their order. */
  logged(name: string): number[] {
    return readMetrics(join(this.run(name), 'metrics.jsonl')).map(({ step }) => step);
  }
}

/** 1 to `STEPS`. */
export const ALL_STEPS: readonly number[] = Array.from({ length: STEPS }, (_, i) => i + 1);

export const times = (text: string, part: string): number => text.split(part).length - 1;
