import { PAPER_PAIRS } from '@coxswain/envs';
import type { Config } from '../sections.js';
import { gridMini } from './grid-mini.js';

/**
 * The paper's world and tasks (7×7, skills are pairs of colours) with the recipe of `grid-mini` at a size between the two, for one
 * GPU: all its steps take some twenty minutes on an H200 (docs/results/cost.md). With most of them internal RL solves eight colours in
 * order (docs/notes/gpu.md); nobody has trained it to the end yet. Where it differs from `grid-mini` is what a larger world asks for;
 * everything else is what was found to work there.
 */
export const gridSmall: Config = {
  ...gridMini,
  world: { size: 7, colours: 8, walls: 4, observation: 'egocentric', tasks: PAPER_PAIRS.pretraining, horizon: 100 },
  model: { ...gridMini.model, width: 128, depth: 6, mlp: 512 },
  pretrain: {
    ...gridMini.pretrain,
    episodes: 1_000_000,
    steps: 20_000,
    batch: 512,
    warmup: 500,
    learningRate: 2e-3,
    evaluateEvery: 2000,
    saveEvery: 500,
  },
  // A third of the way up, and the embedder a block later, as in grid-mini (docs/notes/discovery.md).
  metacontroller: { ...gridMini.metacontroller, layer: 2, embedderLayer: 3 },
  discover: {
    ...gridMini.discover,
    // After the embedder’s layer the stored base has no jumps to speak of (docs/notes/discovery.md).
    view: 'touches',
    episodes: 200_000,
    steps: 8000,
    batch: 256,
    alphaWarmup: 4000,
    laterGateFrom: 4000,
    learningRate: 3e-3,
    evaluateEvery: 1000,
    saveEvery: 500,
  },
  stages: { ...gridMini.stages, steps: 3000, alphaWarmup: 1800, laterGateFrom: 1800 },
  supervise: { ...gridMini.supervise, episodes: 200_000, steps: 3200 },
  reinforce: { ...gridMini.reinforce, task: '012345670123', horizon: 100 },
  internal: { ...gridMini.internal, historyWidth: 128, episodesPerUpdate: 1024, updates: 1000, learningRate: 5e-4 },
  raw: { ...gridMini.raw, updates: 1000 },
  evaluate: { episodes: 10_000, longTask: '', longHorizon: 100 },
};
