/** Our own entry: captured programs on @coxswain/tensor. */
import { type Device, Tensor } from '@coxswain/tensor';
import type { Case, Input, Inputs } from './case.js';
import type { Contestant, Prepared } from './contestant.js';
import { type ProgramFigures, programFigures } from './program.js';

/** More than a contestant has to say of itself: what our rows are explained with. */
export interface OurPrepared extends Prepared, ProgramFigures {
  /** Milliseconds to compile all its kernels side by side, nothing cached. */
  readonly compileMs: number;
}

/**
 * Sets of buffers that runs rotate through, so that no run finds its inputs in a cache just because the last one read
 * them.
 */
const ROTATED = 2;

const upload = (device: Device, { shape, data }: Input): Tensor => device.tensor(data, [...shape]);

export class Ours implements Contestant {
  readonly name = 'coxswain';

  constructor(
    readonly device: Device,
    readonly version: string,
  ) {}

  async prepare(item: Case, inputs: Inputs): Promise<OurPrepared> {
    const { device } = this;
    const from = performance.now();
    const sets = Array.from({ length: ROTATED }, () => {
      const tensors = Object.fromEntries(
        Object.entries(item.pack?.(inputs) ?? inputs).map(([name, input]) => [name, upload(device, input)]),
      );
      const outputs: string[] = [];
      const program = device.capture(() =>
        Object.fromEntries(
          item.ours(tensors, device).map((tensor, i) => {
            outputs.push(`output ${i}`);
            return [`output ${i}`, tensor];
          }),
        ),
      );
      return { program, tensors, outputs };
    });
    const compiling = performance.now();
    await sets[0].program.ready();
    const compileMs = performance.now() - compiling;
    sets[0].program.run();
    await device.finish();
    const firstMs = performance.now() - from;
    let next = 0;
    const { program } = sets[0];
    return {
      firstMs,
      compileMs,
      ...programFigures(device, program),
      run: () => sets[next++ % ROTATED].program.run(),
      finish: () => device.finish(),
      outputs: async () => {
        const data = (await device.read(sets[0].outputs.map((name) => sets[0].program.outputs[name]))) as Float32Array[];
        return item.arrange ? item.arrange(data) : data;
      },
      dispose: () => {
        for (const set of sets) {
          set.program.dispose();
          for (const tensor of Object.values(set.tensors)) if (tensor instanceof Tensor) tensor.dispose();
        }
      },
    };
  }

  close(): void {
    this.device.close();
  }
}
