import { type Gate, gateValues, type Steering, type StepState } from '@coxswain/metacontroller';
import { type Device, gatherRowsOf, scatterRowsOf, type Tensor } from '@coxswain/tensor';
import type { CodeSource } from './codes.js';
import type { Controller, StepContext } from './controller.js';

export type CodeControllerOptions = {
  readonly metacontroller: Steering;
  /** Layer l that it reads and steers. */
  readonly layer: number;
  readonly source: CodeSource;
  /** Episodes played together. */
  readonly episodes: number;
  /** Hard for the method. */
  readonly gate: Gate;
  /** Keep what an update needs, for episodes of at most so many steps. */
  readonly record?: { readonly horizon: number };
};

/** What was proposed at every step, by `episode · horizon + t`. Valid until the next rollout. */
export type CodeRecords = {
  /** LN(e) [episodes·horizon, width]. */
  readonly x: Tensor<'f32'>;
  /** [episodes·horizon, latent]: taken only where the switch opened. */
  readonly code: Tensor<'f32'>;
  /** [episodes·horizon]: log-density of `code` under the source when it was drawn. */
  readonly logProb: Tensor<'f32'>;
};

/**
 * The metacontroller at test time (arXiv 2512.20605, §5, Algorithms 1–3): the encoder is gone, codes come from a
 * source. A code is held until β, binarised, is 1; then the source's proposal of that step takes its place.
 */
export class CodeController implements Controller {
  readonly layer: number;
  readonly episodes: number;
  readonly records: CodeRecords | undefined;
  /** [episodes, …]: history, held code, and whether the next step is the first. */
  readonly #h: Tensor;
  readonly #z: Tensor;
  readonly #starts: Tensor;
  readonly #control: Tensor;
  readonly #device: Device;

  constructor(private readonly options: CodeControllerOptions) {
    const { metacontroller, layer, episodes, gate, record } = options;
    const { history, latent, width } = metacontroller.config;
    const device = metacontroller.device;
    this.#device = device;
    this.layer = layer;
    this.episodes = episodes;
    this.#control = device.tensor(gateValues(gate));
    this.#h = device.zeros([episodes, history]);
    this.#z = device.zeros([episodes, latent]);
    this.#starts = device.tensor(new Uint32Array(episodes).fill(1), [episodes, 1]);
    if (record) {
      const places = episodes * record.horizon;
      this.records = { x: device.zeros([places, width]), code: device.zeros([places, latent]), logProb: device.zeros([places, 1]) };
    }
  }

  begin(): void {
    this.options.source.begin();
    for (const state of [this.#h, this.#z]) this.#device.zero(state);
    // Last: an upload submits the launches that wait.
    this.#starts.write(new Uint32Array(this.episodes).fill(1));
  }

  control(residual: Tensor, context: StepContext): { residual: Tensor; open: Tensor } {
    const { metacontroller, source } = this.options;
    const { episode, rows, place } = context;
    const x = metacontroller.read(residual);
    const { code, logProb } = source.propose(x, context);
    const state = this.#stateOf(episode, rows);
    const { beta, steered, h, z } = metacontroller.advance(residual, code, state, this.#control, x);
    source.taken?.(beta, context);
    const begun = this.#device.tensor(new Uint32Array(rows));
    scatterRowsOf(
      [
        [h, this.#h],
        [z, this.#z],
        [begun, this.#starts],
      ],
      episode,
    );
    const { records } = this;
    if (records) {
      const known = [
        [x, records.x],
        [code, records.code],
      ] as const;
      scatterRowsOf(logProb ? [...known, [logProb, records.logProb]] : known, place);
    }
    return { residual: steered, open: beta };
  }

  /** LN(e) and the switch at a step whose code is not chosen yet; nothing moves on. */
  peek(residual: Tensor, { episode, rows }: StepContext): { x: Tensor; open: Tensor } {
    const { metacontroller } = this.options;
    const state = this.#stateOf(episode, rows);
    // β does not depend on what would be taken.
    const x = metacontroller.read(residual);
    return { x, open: metacontroller.advance(residual, state.z, state, this.#control, x).beta };
  }

  /** The state's rows. */
  #stateOf(episode: Tensor, rows: number): StepState {
    const [h, z, starts] = gatherRowsOf([this.#h, this.#z, this.#starts], episode);
    return { h, z, starts: starts.reshape([rows]) };
  }

  /** Frees its state and records; the source and the metacontroller belong to whoever made them. */
  dispose(): void {
    for (const tensor of [this.#h, this.#z, this.#starts, this.#control, ...Object.values(this.records ?? {})]) tensor.dispose();
  }
}
