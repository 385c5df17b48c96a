/**
 * Every setting there is, each with one sentence. Sections are what phases share: a run is identified by the sections
 * its phase reads. `recipe` below means measurements made at the size of `grid-mini`; § are those of arXiv 2512.20605.
 */
import { LONGEST_HORIZON } from '@coxswain/envs';
import { MOST_TAPS } from '@coxswain/kernels';
import { choice, flag, integer, number, type Setting, task, tasks, type ValueOf } from './setting.js';

const adam = (what: string) => ({
  learningRate: number(`Learning rate of ${what}.`, { min: 0 }),
  weightDecay: number(`Decoupled weight decay of ${what} (0 makes AdamW Adam).`, { min: 0, max: 1 }),
  gradientClip: number(`Largest norm of the whole gradient of ${what}; longer ones are scaled down to it.`, { min: 0 }),
});

const precision = choice(
  'What products of matrices read their operands in while training; sums, weights and everything else are f32. f16 needs an adapter with shader-f16.',
  ['f32', 'f16'],
);

const cadence = {
  logEvery: integer('Steps between two lines of metrics.', { min: 1 }),
  evaluateEvery: integer('Steps between two evaluations on held-out episodes.', { min: 1 }),
  evaluationEpisodes: integer('Held-out episodes of one evaluation.', { min: 1 }),
  saveEvery: integer('Steps between two checkpoints.', { min: 1, hashed: false }),
};

const updates = (what: string) => ({
  episodesPerUpdate: integer(`Episodes rolled out before each update of ${what}.`, { min: 2 }),
  updates: integer(`Updates of ${what} in one run.`, { min: 1 }),
  epochs: integer('Passes over the episodes of one update.', { min: 1 }),
  ...adam(what),
  finalRate: number(
    'Share of the learning rate left at the last update; it falls linearly over updates with a signal (1 keeps it constant).',
    { min: 0, max: 1 },
  ),
  saveEvery: integer('Updates between two checkpoints.', { min: 1, hashed: false }),
});

/** Internal RL’s own way to skills, and the baselines that put something else in its place (§5). */
export const DISCOVERY_METHODS = ['metacontroller', 'no-abstraction', 'co-trained', 'compile'] as const;

export const SECTIONS = {
  world: {
    size: integer('Cells along one side of the square grid, G.', { min: 2, max: 64 }),
    colours: integer('Coloured cells, O.', { min: 1, max: 10 }),
    walls: integer('Wall cells, W.', { min: 0 }),
    observation: choice('What the model sees: a window around the agent, or all cells and the agent’s place (the paper, §6).', [
      'egocentric',
      'allocentric',
    ]),
    tasks: tasks('Colour sequences the experts walk in pretraining and discovery.'),
    horizon: integer('Steps after which a demonstration is cut, T.', { min: 1, max: LONGEST_HORIZON }),
  },
  model: {
    name: choice('What mixes the steps of a sequence: attention, or a convolution and a linear recurrence (arXiv 2402.19427).', [
      'transformer',
      'hawk',
    ]),
    width: integer('Width of the residual stream, d.', { min: 1 }),
    depth: integer('Blocks, L.', { min: 1 }),
    heads: integer('Attention heads; for `hawk` of its gates.', { min: 1 }),
    taps: integer('Steps that the convolution of `hawk` sees, its own included.', { min: 1, max: MOST_TAPS }),
    mlp: integer('Width of the hidden layer of each block’s MLP.', { min: 1 }),
    buckets: integer('Buckets of the relative-position bias (T5).', { min: 4 }),
    maxDistance: integer('Distance from which all positions share the last bucket.', { min: 2 }),
    window: integer('Steps that attention sees, its own included; 0 for all of them.', { min: 0 }),
    init: choice('How weights start: small output projections (recipe), or every initialiser variance-scaled (the paper, §3).', [
      'small-output',
      'variance-scaled',
    ]),
    outputStd: number('Spread of the output projections at the start, for `small-output`.', { min: 0 }),
    embeddingStd: number('Spread of the observation embedding at the start, for `small-output`.', { min: 0 }),
    varianceScale: number('Variance scale of all initialisers, for `variance-scaled`.', { min: 0 }),
  },
  pretrain: {
    episodes: integer('Expert episodes made as data.', { min: 1 }),
    noise: number('Share ε of expert moves replaced by a random move that ends nothing.', { min: 0, max: 1 }),
    steps: integer('Training steps.', { min: 1 }),
    precision,
    batch: integer('Episodes in a batch.', { min: 1 }),
    parts: integer(
      'Parts that a batch is worked off in, one after the other, where the whole does not fit the memory; a divisor of the batch.',
      {
        min: 1,
      },
    ),
    lengthBuckets: integer('Batches drawn and sorted by length together, so that episodes of a length share a batch.', { min: 1 }),
    observationWeight: number('Weight λ of the next-observation loss.', { min: 0 }),
    warmup: integer('Steps over which the learning rate rises from zero.', { min: 0 }),
    finalRate: number('Share of the learning rate left at the last step; it falls linearly (1 keeps it constant).', { min: 0, max: 1 }),
    ...adam('the base model'),
    ...cadence,
  },
  metacontroller: {
    layer: integer('Block after which the residual stream is read and steered, l.', { min: 0 }),
    embedderLayer: integer('Block after which the sequence embedder reads the residual stream; l in the paper.', { min: 0 }),
    code: integer('Size of the latent code, n_z.', { min: 1 }),
    history: integer('Width of the causal history GRU, n_h.', { min: 1 }),
    sequence: integer('Width of the sequence embedder, n_s.', { min: 1 }),
    encoder: integer('Hidden width of the encoder.', { min: 1 }),
    switch: integer('Hidden width of the switch.', { min: 1 }),
    decoder: integer('Hidden width of the hypernetwork.', { min: 1 }),
    rank: integer('Rank of the steering matrix U.', { min: 1 }),
    pooled: flag('Whether every step reads the sequence embedder’s final state instead of its state at that step.'),
    switchBias: number('Bias of the switch at the start; below zero it starts mostly closed.'),
  },
  discover: {
    method: choice(
      'What finds the skills: the metacontroller on the frozen base (the method), or a baseline: its switch always open, base and metacontroller trained together, CompILE.',
      DISCOVERY_METHODS,
    ),
    view: choice(
      'What the sequence embedder sees: the same episode (the paper), a symmetric picture of it, a partner that touched the same things, or some moments of that picture only: at which something was touched; at which the base’s own residual jumped, or drawn at random as many (a control); at which the switch of --first opened; or first the one and then the other, in stages (`event-free`).',
      ['partner', 'touches', 'symmetry', 'same', 'jumps', 'random', 'switches', 'event-free'],
    ),
    symmetry: flag(
      'Whether views of moments show the episode under a random symmetry of the square, which is prior knowledge; else it is shown as it was.',
    ),
    momentLayer: integer('Block after which the base’s residual is looked at for jumps; -1 for the one that the sequence embedder reads.', {
      min: -1,
    }),
    momentRule: choice(
      'Which jumps are moments, read off the distribution of their logarithms: those of the upper of two Gaussians, those before the knee of the sorted curve, or a share that is given.',
      ['mixture', 'knee', 'share'],
    ),
    momentShare: number('Share of all steps that are moments, for `share`.', { min: 0.001, max: 1 }),
    momentResponsibility: number(
      'Responsibility of the upper Gaussian from which on a jump is a moment, for `mixture`; 0.5 is where the two cross, less shows more.',
      { min: 0.01, max: 0.99 },
    ),
    episodes: integer('Expert episodes made as data.', { min: 1 }),
    noise: number('Share ε of expert moves replaced by a random move that ends nothing.', { min: 0, max: 1 }),
    ties: choice('Where several moves begin a shortest path, the expert takes any of them, or always the first of up, down, left, right.', [
      'random',
      'first',
    ]),
    starts: integer('Starts from other random weights; the best goes on.', { min: 1 }),
    startsBy: choice(
      'Which start is the best: that of the lowest held-out loss, or where codes that lie beside each other do the same when they are injected. Neither looks at labels.',
      ['loss', 'neighbours'],
    ),
    startSteps: integer('Training steps of each start; the one that goes on has them done.', { min: 1 }),
    steps: integer('Training steps.', { min: 1 }),
    precision,
    batch: integer('Episodes in a batch.', { min: 1 }),
    lengthBuckets: integer('Batches drawn and sorted by length together, so that episodes of a length share a batch.', { min: 1 }),
    alpha: number('Weight α of the KL between codes and N(0, I).', { min: 0 }),
    alphaWarmup: integer('Steps over which α rises linearly from zero.', { min: 0 }),
    gate: choice('The gate β at the start.', ['soft', 'gumbel', 'straight-through', 'hard']),
    laterGate: choice('The gate β from `laterGateFrom` on.', ['soft', 'gumbel', 'straight-through', 'hard']),
    laterGateFrom: integer('Step at which the gate changes.', { min: 0 }),
    gateTemperature: number('Temperature of the noisy gates (gumbel, straight-through).', { min: 1e-3 }),
    warmup: integer('Steps over which the learning rate rises from zero.', { min: 0 }),
    holdRate: number('Share of the steps at the full learning rate, before it falls linearly.', { min: 0, max: 1 }),
    finalRate: number('Share of the learning rate left at the last step (1 keeps it constant).', { min: 0, max: 1 }),
    ...adam('the metacontroller'),
    ...cadence,
    injectionEpisodes: integer(
      'Episodes that the found codes are injected into at the end, at each of two steps, to measure them; 0 for none.',
      {
        min: 0,
      },
    ),
    injectionTemperature: number('Temperature at which the base model’s actions are sampled then; 1 is the model as it was trained.', {
      min: 1e-3,
    }),
  },
  stages: {
    first: choice('What the first stage of view `event-free` is shown: the base’s jumps, or as many random moments (a control).', [
      'jumps',
      'random',
    ]),
    steps: integer('Training steps of the first stage; each later one has discover.steps.', { min: 1 }),
    alphaWarmup: integer('Steps of the first stage over which α rises linearly from zero.', { min: 0 }),
    laterGateFrom: integer('Step of the first stage at which the gate changes.', { min: 0 }),
    most: integer('Most stages, the first included; later ones are left out once switches stand still.', { min: 2, max: 16 }),
    agreement: number('Switches stand still where those of a stage agree so far with the last one’s on held-out episodes (F1).', {
      min: 0,
      max: 1,
    }),
  },
  compile: {
    segments: integer('Most segments of an episode, M.', { min: 2, max: 16 }),
    priorLength: number('Steps after which the prior (Poisson) expects the next boundary.', { min: 0.1 }),
    temperature: number('Temperature of the Gumbel-softmax over boundaries.', { min: 1e-3 }),
    alphaCode: number('Weight α_z of the KL between codes and N(0, I), in place of discover.alpha.', { min: 0 }),
    alphaBoundary: number('Weight α_β of the KL between boundaries and their prior.', { min: 0 }),
  },
  skills: {
    worlds: integer('Episodes without a task, with codes drawn at random, that are played together.', { min: 1 }),
    batches: integer('Batches of them.', { min: 1 }),
    neighbours: integer('Held codes, those that steer most like one, that are asked what they reached.', { min: 1 }),
    agreement: number('Share of them that has to have reached the same colour for the code to count as clear.', { min: 0, max: 1 }),
    starts: integer('Random starts of the clustering of clear codes, for each number of clusters.', { min: 1 }),
  },
  supervise: {
    episodes: integer('Expert episodes made as data.', { min: 1 }),
    steps: integer('Training steps.', { min: 1 }),
    batch: integer('Episodes in a batch.', { min: 1 }),
    finalRate: number('Share of the learning rate left at the last step; it falls linearly (1 keeps it constant).', { min: 0, max: 1 }),
    ...adam('the supervised controllers'),
    evaluationEpisodes: integer('Held-out episodes whose loss is measured.', { min: 1 }),
    saveEvery: integer('Steps between two checkpoints.', { min: 1, hashed: false }),
  },
  reinforce: {
    method: choice('Internal RL (a policy over codes), or RL on the base model’s own actions.', ['internal', 'raw']),
    task: task('Colour sequence to be rewarded: 1 when its last colour is visited, else nothing.'),
    horizon: integer('Steps after which an episode ends.', { min: 1, max: LONGEST_HORIZON }),
    clip: number('How far a probability ratio may move before it is clipped.', { min: 0, max: 1 }),
    advantageFloor: number('Added to the batch’s standard deviation of rewards when advantages are made.', { min: 0 }),
    gateThreshold: number('β at or above this ends the code that is held, while acting.', { min: 0, max: 1 }),
    temperature: number('Temperature at which the base model’s actions are sampled; 1 is the model as it was trained.', { min: 1e-3 }),
  },
  internal: {
    historyWidth: integer('Width of the policy’s GRU.', { min: 1 }),
    headWidth: integer('Hidden width of the policy’s head.', { min: 1 }),
    spread: number('Standard deviation of the first policy, in standard deviations of the codes at switches.', { min: 0 }),
    finalExploration: number(
      'Share of the policy’s standard deviation left at the last update, beside what it learns; it falls geometrically over updates with a signal (1 keeps it).',
      { min: 1e-3, max: 1 },
    ),
    ...updates('the policy over codes'),
  },
  raw: updates('the base model'),
  evaluate: {
    episodes: integer('Episodes rolled out for the final number.', { min: 1 }),
    longTask: task('A longer task the trained policy is also tried on; empty for none.', { optional: true }),
    longHorizon: integer('Steps after which an episode of the longer task ends.', { min: 1, max: LONGEST_HORIZON }),
  },
} as const satisfies Record<string, Record<string, Setting<unknown>>>;

export type SectionName = keyof typeof SECTIONS;

/** All settings with their values: `config.model.width`. */
export type Config = { [S in SectionName]: { -readonly [K in keyof (typeof SECTIONS)[S]]: ValueOf<(typeof SECTIONS)[S][K]> } };

/** Some sections of a configuration: those a phase reads. */
export type PartialConfig = Partial<Config>;

export const SECTION_NAMES = Object.keys(SECTIONS) as SectionName[];

/** All settings as `section.name` with their descriptions, in the order of this file. */
export function allSettings(): {
  readonly section: SectionName;
  readonly name: string;
  readonly key: string;
  readonly setting: Setting<unknown>;
}[] {
  return SECTION_NAMES.flatMap((section) =>
    Object.entries<Setting<unknown>>(SECTIONS[section]).map(([name, setting]) => ({ section, name, key: `${section}.${name}`, setting })),
  );
}
