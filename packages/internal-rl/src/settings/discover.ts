/** Settings of finding skills. */

import {
  adam,
  cadence,
  choice,
  flag,
  integer,
  lengthBuckets,
  noise,
  number,
  precision,
  requireThat,
  requireWithin,
  section,
} from '@coxswain/lab';
import { z } from 'zod';

/** Internal RL’s own way to skills, and the baselines that put something else in its place (§5). */
export const DISCOVERY_METHODS = ['metacontroller', 'no-abstraction', 'co-trained', 'compile'] as const;

const VIEWS = ['partner', 'touches', 'symmetry', 'same', 'jumps', 'random', 'switches', 'event-free'] as const;
const GATES = ['soft', 'gumbel', 'straight-through', 'hard'] as const;

const data = {
  episodes: integer('Expert episodes made as data.', 60_000, { min: 1 }),
  noise: noise(0),
  ties: choice(
    'Where several moves begin a shortest path, the expert takes any of them, or always the first of up, down, left, right.',
    'random',
    ['random', 'first'],
  ),
};

const moments = {
  symmetry: flag(
    'Whether views of moments show the episode under a random symmetry of the square, which is prior knowledge; else it is shown as it was.',
    true,
  ),
  momentLayer: integer(
    'Block after which the base’s residual is looked at for jumps; -1 for the one that the sequence embedder reads.',
    -1,
    { min: -1 },
  ),
  momentRule: choice(
    'Which jumps are moments, read off the distribution of their logarithms: those of the upper of two Gaussians, those before the knee of the sorted curve, or a share that is given.',
    'mixture',
    ['mixture', 'knee', 'share'],
  ),
  momentShare: number('Share of all steps that are moments, for `share`.', 0.35, { min: 0.001, max: 1 }),
  momentResponsibility: number(
    'Responsibility of the upper Gaussian from which on a jump is a moment, for `mixture`; 0.5 is where the two cross, less shows more.',
    0.5,
    { min: 0.01, max: 0.99 },
  ),
};

const starts = {
  starts: integer('Starts from other random weights; the best goes on.', 1, { min: 1 }),
  startsBy: choice(
    'Which start is the best: that of the lowest held-out loss, or where codes that lie beside each other do the same when they are injected. Neither looks at labels.',
    'neighbours',
    ['loss', 'neighbours'],
  ),
  startSteps: integer('Training steps of each start; the one that goes on has them done.', 500, { min: 1 }),
};

const gates = {
  alpha: number('Weight α of the KL between codes and N(0, I).', 0.001, { min: 0 }),
  alphaWarmup: integer('Steps over which α rises linearly from zero.', 1500, { min: 0 }),
  gate: choice('The gate β at the start.', 'soft', GATES),
  laterGate: choice('The gate β from `laterGateFrom` on.', 'straight-through', GATES),
  laterGateFrom: integer('Step at which the gate changes.', 1500, { min: 0 }),
  gateTemperature: number('Temperature of the noisy gates (gumbel, straight-through).', 0.7, { min: 1e-3 }),
  gateThreshold: number('β at or above this ends a code where what was found is measured, on demonstrations and injected.', 0.5, {
    min: 0,
    max: 1,
  }),
};

const schema = z.object({
  method: choice(
    'What finds the skills: the metacontroller on the frozen base (the method), or a baseline: its switch always open, base and metacontroller trained together, CompILE.',
    'metacontroller',
    DISCOVERY_METHODS,
  ),
  view: choice(
    'What the sequence embedder sees: the same episode (the paper), a symmetric picture of it, a partner that touched the same things, or some moments of that picture only: at which something was touched; at which the base’s own residual jumped, or drawn at random as many (a control); at which the switch of --first opened; or first the one and then the other, in stages (`event-free`).',
    'event-free',
    VIEWS,
  ),
  ...moments,
  ...data,
  ...starts,
  steps: integer('Training steps.', 3000, { min: 1 }),
  precision,
  batch: integer('Episodes in a batch.', 128, { min: 1 }),
  lengthBuckets,
  ...gates,
  warmup: integer('Steps over which the learning rate rises from zero.', 200, { min: 0 }),
  holdRate: number('Share of the steps at the full learning rate, before it falls linearly.', 0.7, { min: 0, max: 1 }),
  finalRate: number('Share of the learning rate left at the last step (1 keeps it constant).', 0.05, { min: 0, max: 1 }),
  ...adam('the metacontroller', { learningRate: 4e-3, weightDecay: 0.03, gradientClip: 1 }),
  ...cadence(500, 1500),
  injectionEpisodes: integer(
    'Episodes that the found codes are injected into at the end, at each of two steps, to measure them; 0 for none.',
    2048,
    { min: 0 },
  ),
  injectionTemperature: number('Temperature at which the base model’s actions are sampled then; 1 is the model as it was trained.', 0.5, {
    min: 1e-3,
  }),
});

type Discover = z.output<typeof schema>;

function check(discover: Discover): void {
  const starts = discover.starts === 1 ? [] : (['startSteps'] as const);
  const unmeasured = discover.starts > 1 && discover.startsBy === 'neighbours' && discover.injectionEpisodes === 0;
  const injecting = 'at least 1 where discover.startsBy=neighbours injects codes to choose a start';
  requireThat(!unmeasured, 'discover.injectionEpisodes', 0, injecting, 'Inject some, or set discover.startsBy=loss.');
  requireWithin('discover', discover, [...starts, 'warmup', 'alphaWarmup', 'laterGateFrom']);
}

/** What the paper's two worlds have in common; it gives several α, and its data and their noise are our choice, too. */
const PAPER = {
  view: 'same',
  startSteps: 1000,
  alpha: 0.17,
  alphaWarmup: 0,
  laterGate: 'soft',
  laterGateFrom: 0,
  warmup: 0,
  holdRate: 1,
  finalRate: 1,
} as const;

export const discoverSection = section({
  name: 'discover',
  schema,
  presets: {
    // Forces without noise are told to many digits: codes then say where a pad lies, not which one it is.
    'pads-mini': {
      view: 'touches',
      noise: 0.15,
      episodes: 30_000,
      steps: 2000,
      evaluateEvery: 250,
      evaluationEpisodes: 500,
      gateThreshold: 0.999,
    },
    'ant-mini': { episodes: 2000, batch: 32, evaluateEvery: 250, evaluationEpisodes: 200 },
    'ant-paper': {
      ...PAPER,
      episodes: 5000,
      steps: 32_000,
      learningRate: 3e-4,
      logEvery: 100,
      evaluateEvery: 2000,
      saveEvery: 1000,
      injectionTemperature: 1,
    },
    'grid-small': {
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
    'grid-paper': {
      ...PAPER,
      episodes: 1_000_000,
      steps: 64_000,
      batch: 512,
      learningRate: 1e-3,
      logEvery: 100,
      evaluateEvery: 2000,
      saveEvery: 1000,
      injectionTemperature: 1,
    },
  },
  check,
});

export const stagesSection = section({
  name: 'stages',
  schema: z.object({
    first: choice('What the first stage of view `event-free` is shown: the base’s jumps, or as many random moments (a control).', 'jumps', [
      'jumps',
      'random',
    ]),
    steps: integer('Training steps of the first stage; each later one has discover.steps.', 1000, { min: 1 }),
    alphaWarmup: integer('Steps of the first stage over which α rises linearly from zero.', 600, { min: 0 }),
    laterGateFrom: integer('Step of the first stage at which the gate changes.', 600, { min: 0 }),
    most: integer('Most stages, the first included; later ones are left out once switches stand still.', 3, { min: 2, max: 16 }),
    agreement: number('Switches stand still where those of a stage agree so far with the last one’s on held-out episodes (F1).', 0.98, {
      min: 0,
      max: 1,
    }),
  }),
  presets: {
    'grid-small': { steps: 3000, alphaWarmup: 1800, laterGateFrom: 1800 },
    'grid-paper': { steps: 20_000, alphaWarmup: 0, laterGateFrom: 0 },
  },
});
