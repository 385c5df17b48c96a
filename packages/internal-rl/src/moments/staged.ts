/** Where a run of discovery stands among its stages, and what its controllers are shown. */

import { gather, labelsOf, type Trajectories } from '@coxswain/envs';
import type { Base, PhaseContext } from '@coxswain/lab';
import { partsOf, switchAlignment } from '@coxswain/metacontroller';
import { readSafetensors } from '@coxswain/tensor';
import { type Controller, chainOf, frozenController, MODEL_FILE, type NamedTensors } from '../phases/controller.js';
import type { ControllerEvaluation } from '../phases/evaluate-controller.js';
import { type Stage, stagesOf } from '../phases/stages.js';
import type { StageTrace } from '../report/traces.js';
import { Chain, readChain } from './chain.js';
import { requireEnough, requireSwitching } from './enough.js';
import { findOrigin } from './find-origin.js';
import type { Moments, Told } from './moments.js';
import { agreementOf, type StepTable, shareShown } from './step-table.js';

/**
 * What is told of a finished stage. F1, read-out and the moments' F1 are measured against labels and decide nothing;
 * `null` where there are none.
 */
export interface StageSummary {
  readonly stage: number;
  readonly view: string;
  /** Share of the steps before the last that it was shown. */
  readonly momentShare: number;
  readonly momentF1: number | null;
  /** How far apart the two kinds of jumps were, where it was shown them. */
  readonly separation?: number;
  readonly f1Exact: number | null;
  readonly readout: number | null;
  readonly nllHard: number;
  readonly switchRate: number;
  /** F1 of its switches against those that it was shown. */
  readonly agreement?: number;
}

/** What a checkpoint has of it beside tensors. */
interface Saved {
  readonly separation?: number | undefined;
  readonly summaries: readonly StageSummary[];
}

interface Parts {
  readonly base: Base;
  readonly data: Trajectories;
  readonly heldOut: Trajectories;
}

/** F1 of moments against true subgoal changes, at the exact step. */
function momentF1(moments: StepTable, episodes: Trajectories): number | null {
  const { count, goal } = episodes;
  if (!goal) return null;
  const all = gather(episodes, [...Array(count).keys()]);
  const { mask, steps: time } = all;
  const subgoal = labelsOf(all, goal);
  const beta = new Float32Array(count * time);
  for (let i = 0; i < count; i++) for (const t of moments.at(i)) if (t < time) beta[i * time + t] = 1;
  return switchAlignment({ batch: count, time, beta, subgoal, mask }, 0).f1;
}

/** The stages of a run, and the finished controllers of those before the one that is trained. */
export class Staged {
  readonly plan: readonly Stage[];
  #chain: Chain | undefined;
  /** Controllers that were finished before this run. */
  #given = 0;
  #separation: number | undefined;
  #summaries: StageSummary[] = [];
  #shown: StepTable | undefined;

  private constructor(
    private readonly context: PhaseContext,
    private readonly parts: Parts,
  ) {
    this.plan = stagesOf(context.config);
  }

  /** At the start of a run, or where a checkpoint left it. @throws NoMomentsError for data without moments. */
  static async open(context: PhaseContext, parts: Parts): Promise<Staged> {
    const staged = new Staged(context, parts);
    await staged.#open();
    return staged;
  }

  /** Number of the stage that is trained, from 0. */
  get number(): number {
    return (this.#chain?.length ?? 0) - this.#given;
  }

  get stage(): Stage {
    return this.plan[this.number];
  }

  /** Whether the run is in stages. */
  get several(): boolean {
    return this.plan.length > 1;
  }

  /** What is told of the stages that are finished. */
  get summaries(): readonly StageSummary[] {
    return this.#summaries;
  }

  /** Which moments the controller that is trained sees; absent where the view says it by itself. */
  get moments(): Moments | undefined {
    return this.#chain?.moments;
  }

  /** The same, of the data. */
  get shown(): StepTable | undefined {
    return this.#shown;
  }

  async #open(): Promise<void> {
    const { config, seed, inputs, resumed, device } = this.context;
    const { base, data } = this.parts;
    const [{ view }] = this.plan;
    const { separation, summaries = [] } = (resumed?.extra.staged ?? {}) as Partial<Saved>;
    this.#separation = separation;
    this.#summaries = [...summaries];
    const make = (tensors: NamedTensors): Controller => frozenController(device, config, base, tensors, 'a finished stage');
    if (view === 'switches') {
      const { first } = inputs;
      // A controller from before there were chains was shown touches.
      this.#chain = chainOf(device, first, base) ?? new Chain({ base, config, make }, { kind: 'touches' });
      this.#chain.add(partsOf(readSafetensors(first.bytes, first.folder).tensors).own);
      this.#given = this.#chain.length;
    } else if (view === 'jumps' || view === 'random') {
      this.#chain = resumed && readChain({ base, config, make }, resumed.read(MODEL_FILE), resumed.folder);
      if (!this.#chain) {
        const found = await findOrigin(view, base, config, seed, data, this.#told('jumps of the residual'));
        this.#chain = new Chain({ base, config, make }, found.origin);
        this.#separation = found.separation;
      }
    }
    await this.#look();
  }

  #told(what: string): Told {
    return (done, total) => this.context.session.preparing(what, done, total);
  }

  /** Finds the moments of the data, and refuses those that teach nothing. */
  async #look(): Promise<void> {
    if (!this.#chain) return;
    const { data } = this.parts;
    this.#shown = await this.#chain.moments.of(data, this.#told('moments shown'));
    if (this.#chain.length > 0) requireSwitching(this.#shown, data, this.number > 0 ? `stage ${this.number}` : 'the controller of --first');
    else requireEnough(this.#shown, data);
  }

  /** Whether the stage that is trained ends with update `done`. */
  endsAt(done: number): boolean {
    return done === this.stage.from + this.stage.updates;
  }

  /** Whether update `done` is the next stage's first. */
  beginsAfter(done: number): boolean {
    return this.endsAt(done) && this.number + 1 < this.plan.length;
  }

  /**
   * Makes a stage of the controller that was trained.
   * @throws NoMomentsError where its switch shows the next one nothing.
   */
  async next(finished: NamedTensors): Promise<void> {
    this.#chain?.add(finished);
    await this.#look();
  }

  /** Measures a stage that is finished; absent where there are no moments to speak of. */
  async measure(controller: Controller, result: ControllerEvaluation): Promise<StageSummary | undefined> {
    if (!this.#chain) return undefined;
    const { heldOut } = this.parts;
    const shown = await this.#chain.moments.of(heldOut);
    const before = this.#chain.length > 0;
    const agreement = before ? agreementOf(await this.#chain.switchesOf(controller).of(heldOut), shown, heldOut) : undefined;
    const { f1Exact, readout, nllHard, switchRate } = result;
    const summary: StageSummary = {
      stage: this.number + 1,
      view: this.stage.view,
      momentShare: shareShown(shown, heldOut),
      momentF1: momentF1(shown, heldOut),
      ...(before || this.#separation === undefined ? {} : { separation: this.#separation }),
      f1Exact,
      readout,
      nllHard,
      switchRate,
      ...(agreement === undefined ? {} : { agreement }),
    };
    this.#summaries.push(summary);
    return summary;
  }

  /** What each stage was shown and found in a few held-out episodes; none where there are no moments to speak of. */
  async traces(controller: Controller): Promise<StageTrace[]> {
    return this.#chain ? this.#chain.traces(controller, this.parts.heldOut, this.context.seed) : [];
  }

  /** Whether switches stand still: those of the stage that was measured last agree with those that it was shown. */
  get still(): boolean {
    const agreement = this.#summaries.at(-1)?.agreement;
    return this.several && agreement !== undefined && agreement >= this.context.config.stages.agreement;
  }

  /** What belongs beside the weights of the controller that is trained. */
  snapshot(): { readonly tensors: NamedTensors; readonly metadata: Record<string, string>; readonly extra: Record<string, unknown> } {
    if (!this.#chain) return { tensors: new Map(), metadata: {}, extra: {} };
    const saved: Saved = { separation: this.#separation, summaries: this.#summaries };
    return { tensors: this.#chain.tensors(), metadata: this.#chain.metadata(), extra: { staged: saved } };
  }

  dispose(): void {
    this.#chain?.dispose();
  }
}
