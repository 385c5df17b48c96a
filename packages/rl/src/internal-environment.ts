import { arraysOf, fromLeaves, type LeafValues, NONE } from '@coxswain/base';
import type { Step, World } from '@coxswain/envs';
import type { Gate, Steering } from '@coxswain/metacontroller';
import { NotFiniteError, noGrad, type Program, RandomState, ShapeError, type Tensor } from '@coxswain/tensor';
import { type Memory, numbered, type SequenceModel, spaceTensors, writeValues } from '@coxswain/transformer';
import { CheckedWorld } from './checked-world.js';
import { CodeController } from './code-controller.js';
import { FixedCodes, PLAY_STREAM } from './codes.js';
import { requireSpacesOf } from './rollout.js';

export type InternalEnvironmentOptions = {
  /** The frozen base model. */
  readonly model: SequenceModel;
  /** The frozen metacontroller; its encoder is not used. */
  readonly metacontroller: Steering;
  /** Layer l that it reads and steers. */
  readonly layer: number;
  /** Hard for the method. */
  readonly gate: Gate;
  /** The world underneath. */
  readonly environment: World;
  /** Seed of layouts and sampled actions. */
  readonly seed: number;
};

/** Of each environment, `[N]`. */
export type InternalInfo = {
  /**
   * 1 where the environment waits for a code: β is 1 (always at an episode's first step). Elsewhere a code is still
   * held.
   */
  readonly open: Uint8Array;
  /** 1 where an internal step ended in this call: `reward` and `held` are about it. */
  readonly ended: Uint8Array;
  /** Environment steps for which the code was held, where `ended`. */
  readonly held: Uint16Array;
  /**
   * LN(e) `[N, width]` at every environment step since the last call, in order; the last one is the observation. For
   * causal policies.
   */
  readonly seen: readonly Float32Array[];
};

export type InternalStep = {
  /** `[N, width]`: LN(e_t), the normalised residual stream at the controlled layer. */
  readonly observation: Float32Array;
  /** `[N]` rewards summed over the environment steps of the internal step that ended; 0 where none did. */
  readonly reward: Float32Array;
  readonly terminated: Uint8Array;
  readonly truncated: Uint8Array;
  readonly info: InternalInfo;
};

type Ends = Pick<Step, 'terminated' | 'truncated'>;

type Programs = {
  /** Reads up to the controlled layer, and the switch. */
  readonly look: Program<{ residual: Tensor; x: Tensor; open: Tensor }>;
  /** Takes codes where the switch is open, steers, and samples actions. */
  readonly act: Program<Record<string, Tensor>>;
};

/**
 * The frozen model and its metacontroller as an environment whose actions are codes (arXiv 2512.20605, §5, Algorithms
 * 1–3). One internal step holds a code z: at every environment step it computes ê, samples an action from the frozen
 * model, steps the world, reads the next e and evaluates β, until β is 1 or the episode ends; its reward is the sum
 * over the steps it held.
 *
 * Gymnasium's words for a vector environment, autoreset disabled. Codes last differently long in different
 * environments: a call gives codes to those that wait for one (`info.open`), the others hold theirs and ignore it, and
 * it returns as soon as any waits again. With one environment this is the paper's algorithm word for word. Training
 * plays through `Rollout`, which does the same in one submit a step; this class is for policies of one's own.
 */
export class InternalEnvironment {
  static readonly autoresetMode = 'disabled';
  readonly environments: number;
  /** Numbers in a code. */
  readonly latent: number;
  /** Numbers in an observation. */
  readonly width: number;
  readonly #codes: FixedCodes;
  readonly #controller: CodeController;
  readonly #memory: Memory;
  readonly #random: RandomState;
  readonly #observation: readonly Tensor[];
  readonly #episode: Tensor;
  readonly #programs: Programs;
  readonly #open: Uint8Array;
  readonly #over: Uint8Array;
  readonly #sum: Float32Array;
  readonly #held: Uint16Array;
  readonly #world: CheckedWorld;
  /** LN(e) of the present step. */
  #x: Float32Array = new Float32Array(0);
  #t = -1;
  #batch = 0;

  /** @throws ShapeError where model and environment do not fit together. */
  constructor(private readonly options: InternalEnvironmentOptions) {
    requireSpacesOf(options);
    const { model, metacontroller, layer, gate, environment, seed } = options;
    const { environments: n, horizon } = environment;
    const { device } = model;
    this.environments = n;
    this.#world = new CheckedWorld(environment);
    this.latent = metacontroller.config.latent;
    this.width = metacontroller.config.width;
    this.#codes = new FixedCodes(device.zeros([n, this.latent]));
    this.#controller = new CodeController({ metacontroller, layer, source: this.#codes, episodes: n, gate });
    this.#memory = model.memory(n, horizon);
    this.#random = new RandomState(device, seed);
    this.#observation = spaceTensors(device, model.config.observation, n);
    this.#episode = device.tensor(new Uint32Array(n));
    this.#open = new Uint8Array(n);
    this.#over = new Uint8Array(n);
    this.#sum = new Float32Array(n);
    this.#held = new Uint16Array(n);
    this.#programs = this.#capture();
  }

  #capture(): Programs {
    const { model, layer } = this.options;
    const { device } = model;
    const context = { rows: this.environments, episode: this.#episode, owner: this.#episode, place: this.#episode, random: this.#random };
    const memory = this.#memory.of(this.#episode);
    const look = device.capture(() =>
      noGrad(() => {
        const residual = model.stepBlocks(model.embed(this.#observation), memory, 0, layer);
        return { residual, ...this.#controller.peek(residual, context) };
      }),
    );
    const act = device.capture(() =>
      noGrad(() => {
        const steered = this.#controller.control(look.outputs.residual, context).residual;
        const action = model.action(model.stepBlocks(steered, memory, layer));
        const chosen = action.sample(this.#random, PLAY_STREAM.action, { owner: this.#episode });
        return numbered('action', chosen);
      }),
    );
    return { look, act };
  }

  /**
   * Begins episodes `batch·N` to `batch·N + N − 1` of the seed. All environments wait for a code.
   * @throws WorldError
   */
  async reset(batch = 0): Promise<InternalStep> {
    const { seed } = this.options;
    const { observation } = this.#world.reset(seed, { firstEpisode: batch * this.environments });
    this.#batch = batch;
    this.#t = 0;
    this.#controller.begin();
    for (const array of [this.#over, this.#sum, this.#held]) array.fill(0);
    await this.#look(observation);
    const none = new Uint8Array(this.environments);
    return this.#result({ terminated: none, truncated: none }, [this.#x], none);
  }

  /**
   * One internal step where a code is waited for.
   * @param codes `[N, latent]`; read where `info.open` was 1.
   * @throws ShapeError where no episode is running, and for codes of another size; NotFiniteError for a code that is
   * read and not finite; WorldError for what no world may give.
   */
  async step(codes: Float32Array): Promise<InternalStep> {
    const { model } = this.options;
    const environment = this.#world;
    if (this.#t < 0 || !this.#over.includes(0)) throw new ShapeError('step', 'no running episode', 'reset() first');
    if (codes.length !== this.environments * this.latent)
      throw new ShapeError(
        'step',
        `${codes.length} numbers`,
        `${this.environments * this.latent} for [${this.environments}, ${this.latent}]`,
      );
    const bad = codes.findIndex((value, at) => this.#open[Math.floor(at / this.latent)] === 1 && !Number.isFinite(value));
    if (bad >= 0) throw new NotFiniteError('codes', bad, codes[bad], { how: 'given to step', remedy: 'look at the policy that chose it' });
    this.#codes.codes.write(codes);
    const seen: Float32Array[] = [];
    const ended = new Uint8Array(this.environments);
    let last: Ends;
    do {
      this.#random.write(this.#batch * environment.horizon + this.#t);
      const { act } = this.#programs;
      const actions = (await model.device.read(Object.values(act.outputs), [act])) as LeafValues[];
      const step = environment.step(fromLeaves(environment.actionSpace, actions));
      last = step;
      this.#advance(step, ended);
      if (!this.#over.includes(0)) break;
      await this.#look(step.observation);
      seen.push(this.#x);
      this.#open.forEach((open, i) => {
        if (open) ended[i] = 1;
      });
    } while (!ended.includes(1));
    return this.#result(last, seen, ended);
  }

  /** Adds up rewards and steps, and notes which episodes ended with their internal step. */
  #advance({ reward, terminated, truncated }: Step, ended: Uint8Array): void {
    this.#t++;
    for (let i = 0; i < this.environments; i++) {
      if (this.#over[i]) continue;
      this.#sum[i] += reward[i];
      this.#held[i]++;
      if (!(terminated[i] || truncated[i])) continue;
      this.#over[i] = 1;
      this.#open[i] = 0;
      ended[i] = 1;
    }
  }

  /** Reads the model up to the controlled layer at the present step, and its switch. */
  async #look(observation: unknown): Promise<void> {
    const { model } = this.options;
    const { look } = this.#programs;
    writeValues(this.#observation, arraysOf(model.config.observation, observation));
    this.#episode.write(Uint32Array.from(this.#over, (over, i) => (over ? NONE : i)));
    this.#memory.at(this.#t);
    const [x, open] = (await model.device.read([look.outputs.x, look.outputs.open], [look])) as Float32Array[];
    this.#x = x;
    for (let i = 0; i < this.environments; i++) this.#open[i] = this.#over[i] ? 0 : open[i];
  }

  /** What a call returns; internal steps that ended start to count anew. */
  #result({ terminated, truncated }: Ends, seen: readonly Float32Array[], ended: Uint8Array): InternalStep {
    const reward = this.#sum.map((sum, i) => (ended[i] ? sum : 0));
    const held = this.#held.map((steps, i) => (ended[i] ? steps : 0));
    ended.forEach((over, i) => {
      if (over) this.#sum[i] = this.#held[i] = 0;
    });
    return {
      observation: this.#x,
      reward,
      terminated: Uint8Array.from(terminated),
      truncated: Uint8Array.from(truncated),
      info: { open: this.#open.slice(), ended, held, seen },
    };
  }

  /** Frees what it made; the model and the metacontroller belong to whoever made them. */
  dispose(): void {
    this.#programs.look.dispose();
    this.#programs.act.dispose();
    for (const part of [this.#controller, this.#codes, this.#random, ...this.#observation, this.#episode]) part.dispose();
    this.#memory.dispose();
  }
}
