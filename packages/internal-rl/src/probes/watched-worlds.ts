/** Worlds that are stepped in earnest for as long as an expert would take, on a clock. */
import { fromLeaves, leafArrays } from '@coxswain/base';
import type { Reset, Step, World } from '@coxswain/envs';
import { type Config, worldOf } from '@coxswain/lab';
import { ArgumentError } from '@coxswain/tensor';
import { ScriptedWorlds } from './scripted-worlds.js';

/** Worlds with snapshots. */
type Forkable = World & Required<Pick<World, 'snapshot' | 'restore'>>;

/**
 * An untrained model's episodes end early: they begin again until they have lasted as long as scripted ones, whose
 * rewards they take.
 */
export class WatchedWorlds implements World {
  readonly environments: number;
  readonly horizon: number;
  readonly observationSpace: World['observationSpace'];
  readonly actionSpace: World['actionSpace'];
  /** Spent in the worlds so far. */
  seconds = 0;
  private readonly script: ScriptedWorlds;
  private readonly world: Forkable;
  private begun: readonly Uint8Array[] = [];
  private readonly ended: Uint8Array;
  private readonly over: Uint8Array;

  /** @throws ArgumentError for a world without snapshots, EnvError where the expert cannot keep the horizon. */
  constructor(config: Config, environments: number) {
    const { task, horizon } = config.reinforce;
    const opened = (count: number, steps: number): Forkable => forkable(config, task, steps, count);
    this.script = new ScriptedWorlds(config, environments);
    this.world = opened(environments, horizon);
    this.environments = environments;
    this.horizon = horizon;
    this.observationSpace = this.world.observationSpace;
    this.actionSpace = this.world.actionSpace;
    this.over = new Uint8Array(environments);
    const brief = opened(1, 1);
    brief.reset(0, { firstEpisode: 0 });
    brief.step(fromLeaves(this.actionSpace, leafArrays(this.actionSpace, 1)));
    this.ended = brief.snapshot(0);
  }

  reset(seed: number, options: { readonly firstEpisode: number }): Reset {
    this.script.reset();
    this.over.fill(0);
    const shown = this.timed(() => this.world.reset(seed, options));
    this.begun = Array.from(this.over, (_, i) => this.world.snapshot(i));
    return shown;
  }

  step(actions: Parameters<World['step']>[0]): Step {
    const { terminated, truncated, observation, info } = this.timed(() => this.world.step(actions));
    const scripted = this.script.step();
    const early = Array.from(this.over.keys()).filter((i) => !scripted.terminated[i] && (terminated[i] || truncated[i]));
    const late = Array.from(this.over.keys()).filter((i) => scripted.terminated[i] && !this.over[i]);
    let shown: Reset = { observation, info };
    for (const i of early) shown = this.world.restore(this.begun[i], [i]);
    if (late.length > 0) shown = this.world.restore(this.ended, late);
    for (const i of late) this.over[i] = 1;
    return { ...scripted, observation: shown.observation, info: shown.info };
  }

  private timed<T>(call: () => T): T {
    const began = performance.now();
    const result = call();
    this.seconds += (performance.now() - began) / 1000;
    return result;
  }
}

function forkable(config: Config, task: string, horizon: number, environments: number): Forkable {
  const { definition, open, task: read } = worldOf(config);
  const world = open(read(task), horizon, environments);
  if (world.snapshot && world.restore) return world as Forkable;
  throw new ArgumentError('loop', `world ${definition.name}, which has no snapshots`, 'one whose episodes can begin again');
}
