import { type Gate, gateValues, type Steering } from '@coxswain/metacontroller';
import { add, type Device, gatherRows, gatherRowsOf, maximum, mul, scale, scatterRowsOf, sub, type Tensor } from '@coxswain/tensor';
import type { Controller, HostStep, StepContext } from './controller.js';

export type InjectedCodeOptions = {
  readonly metacontroller: Steering;
  /** Layer l that it reads and steers. */
  readonly layer: number;
  /** A code for each episode [episodes, latent]; `write` may replace them between rollouts. */
  readonly codes: Tensor;
  /** Step at which it is injected, from 0. */
  readonly from: number;
  /** The gate that ends it; hard at test time. */
  readonly gate: Gate;
};

/**
 * Leaves the model alone up to a step, then steers by one code until the switch would open, then leaves it alone again
 * (arXiv 2512.20605, §4, codes injected in new contexts). Where it reports `open`, the code was held.
 */
export class InjectedCode implements Controller {
  readonly layer: number;
  readonly episodes: number;
  /** [episodes, …]: the history, and 1 while the code is held. */
  readonly #h: Tensor;
  readonly #held: Tensor;
  /** [1]: 1 at the step of the injection. */
  readonly #now: Tensor;
  readonly #control: Tensor;
  readonly #device: Device;

  constructor(private readonly options: InjectedCodeOptions) {
    const { metacontroller, layer, codes, gate } = options;
    const { device } = metacontroller;
    this.#device = device;
    this.layer = layer;
    this.episodes = codes.shape[0];
    this.#h = device.zeros([this.episodes, metacontroller.config.history]);
    this.#held = device.zeros([this.episodes, 1]);
    this.#now = device.zeros([1]);
    this.#control = device.tensor(gateValues(gate));
  }

  begin(): void {
    for (const state of [this.#h, this.#held]) this.#device.zero(state);
  }

  beforeStep({ t }: HostStep): void {
    this.#now.write(Float32Array.of(t === this.options.from ? 1 : 0));
  }

  control(residual: Tensor, { episode, rows }: StepContext): { residual: Tensor; open: Tensor } {
    const { metacontroller, codes } = this.options;
    const code = gatherRows(codes, episode);
    const [h, held] = gatherRowsOf([this.#h, this.#held], episode);
    const state = { h, z: code, starts: this.#device.tensor(new Uint32Array(rows)) };
    const { beta, steered, h: next } = metacontroller.advance(residual, code, state, this.#control);
    const holds = maximum(mul(held, scale(beta.reshape([rows, 1]), -1, 1)), this.#now.reshape([1, 1]));
    scatterRowsOf(
      [
        [next, this.#h],
        [holds, this.#held],
      ],
      episode,
    );
    return { residual: add(residual, mul(holds, sub(steered, residual))), open: holds.reshape([rows]) };
  }

  /** Frees its state; the codes and the metacontroller belong to whoever made them. */
  dispose(): void {
    for (const tensor of [this.#h, this.#held, this.#now, this.#control]) tensor.dispose();
  }
}
