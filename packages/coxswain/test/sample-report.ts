/**
 * A made-up report with something of everything, and a program that writes it: `node scripts/run.mjs
 * packages/coxswain/test/sample-report.ts FILE`.
 */
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type DrawnEpisode, episodePicture, type StageTrace, type SwitchTrace, stagePicture, switchPicture } from '@coxswain/internal-rl';
import type { LearningRun, ReportData } from '@coxswain/lab';
import { renderReport } from '@coxswain/lab/draw';

/** The same numbers every time: a linear congruential generator. */
function generator(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function learningRun(method: 'internal' | 'raw', seed: number): LearningRun {
  const size = method === 'internal' ? 512 : 1024;
  const random = generator(seed + (method === 'raw' ? 100 : 0));
  const top = 0.55 + 0.1 * random();
  const middle = 20_000 + 6_000 * random();
  const points = Array.from({ length: method === 'internal' ? 120 : 200 }, (_, update) => {
    const episodes = (update + 1) * size;
    const expected = method === 'internal' ? top / (1 + Math.exp((middle - episodes) / 4000)) : 0;
    return {
      episodes,
      success: Math.max(0, expected + (method === 'internal' ? 0.04 * (random() - 0.5) : 0.001 * Math.max(0, random() - 0.9))),
    };
  });
  return {
    run: `${method}-${seed}`,
    label: method === 'internal' ? 'Internal RL, touches' : 'Raw-action RL',
    task: '0123',
    baseSeed: seed % 2,
    controllerSeed: method === 'internal' ? seed : null,
    rlSeed: seed,
    learningRate: 1e-3,
    planned: points.length * size,
    command: `coxswain reinforce --method ${method} --seed ${seed}`,
    points,
  };
}

const episode = (title: string, success: boolean, path: readonly number[]): DrawnEpisode => ({
  title,
  size: 4,
  colours: 4,
  layout: [0, 1, 0, 0, 0, 5, 0, 2, 4, 0, 0, 0, 0, 3, 0, 0],
  path,
  task: [0, 1, 2, 3],
  switches: [0, 3, 6],
  success,
});

const trainingRuns = (from: number, to: number) =>
  [0, 1].map((seed) => {
    const random = generator(seed + 7);
    return {
      label: `seed ${seed}`,
      points: Array.from({ length: 60 }, (_, i) => ({
        x: (i + 1) * 100,
        y: to + (from - to) * Math.exp(-i / 9) + 0.02 * (random() - 0.5),
      })),
    };
  });

export const SWITCH_TRACES: readonly SwitchTrace[] = [1, 2, 3].map((index) => ({
  title: `Seed ${index}, a demonstration of 032`,
  subgoals: [0, 0, 0, 3, 3, 3, 3, 2, 2, 2],
  beta: [1, 0.02, 0.01, 0.97, 0.03, 0.02, 0.1, 0.99, index === 2 ? 0.6 : 0.01, 0.02],
}));

export const STAGE_TRACES: readonly StageTrace[] = [
  {
    title: 'Seed 1, a demonstration of 032',
    subgoals: [0, 0, 0, 3, 3, 3, 3, 2, 2, 2],
    jumps: { layer: 2, threshold: 3, values: [1, 1.2, 4.5, 0.8, 3.1, 1, 5, 0.9, 2, 6] },
    stages: [
      { shown: [3, 5, 7, 10], opened: [3, 7, 8, 10] },
      { shown: [3, 7, 8, 10], opened: [3, 7, 10] },
    ],
  },
  { title: 'Seed 2, random moments', subgoals: [1, 1, 2], stages: [{ shown: [2, 3], opened: [3] }] },
];

export const EPISODES_SHOWN: readonly DrawnEpisode[] = [
  episode('Internal RL, seed 1', true, [0, 1, 2, 3, 7, 11, 10, 14, 13, 9, 8]),
  episode('Raw-action RL, seed 1', false, [0, 4, 8]),
  episode('Internal RL, seed 2', true, [3, 2, 1, 2, 3, 7, 6, 10, 9, 13, 12, 8]),
];

export const SAMPLE: ReportData = {
  title: 'Sample <report> & "quotes"',
  lead: 'A sequence model learns from demonstrations and is frozen; a small network finds skills in its residual stream; RL then chooses skills instead of actions.',
  story: ['Of sampled episodes of 0123, Internal RL, touches solved 62.3 %; Raw-action RL solved none.'],
  tiles: [
    { value: '0.623', told: 'Internal RL, touches on 0123: after 61 440 episodes', label: 'Internal RL, touches', runs: ['internal-1'] },
    { value: '0', told: 'Raw-action RL on 0123: after 204 800 episodes', label: 'Raw-action RL', runs: ['raw-1'] },
  ],
  facts: [
    { label: 'preset', value: 'grid-mini' },
    { label: 'adapter', value: 'llvmpipe (LLVM 19, 256 bits)' },
  ],
  learning: [1, 2, 3, 4].flatMap((seed) => [learningRun('internal', seed), learningRun('raw', seed)]),
  smoothing: 5,
  training: [
    {
      title: 'Pretraining: action NLL',
      about: 'Nats an action.',
      xLabel: 'training steps',
      curves: trainingRuns(1.38, 0.73),
      references: [{ label: 'Bayes', y: 0.718 }],
    },
    { title: 'Discovery: switch F1', about: 'At the exact step.', xLabel: 'training steps', curves: trainingRuns(0, 1), references: [] },
  ],
  pictures: [
    { title: 'The switch', about: 'β at each step.', pictures: SWITCH_TRACES.map(switchPicture) },
    { title: 'How the switch was found', about: 'Stage by stage.', pictures: STAGE_TRACES.map(stagePicture) },
    { title: 'Episodes', about: 'On their grids.', pictures: EPISODES_SHOWN.map(episodePicture), small: true, played: true },
  ],
  findings: [
    {
      name: 'probes',
      title: 'Probes <of> layers',
      about: 'What was done.',
      paper: 'Accuracy rises to mid-depth & stays there.',
      charts: [
        {
          title: 'Accuracy',
          about: 'Share of steps.',
          xLabel: 'layer',
          curves: [{ label: 'accuracy', points: [0.3, 0.4, 0.5].map((y, x) => ({ x, y })) }],
          references: [{ label: 'chance', y: 0.25 }],
        },
      ],
      tables: [{ title: 'By layer', about: '', columns: [{ label: 'Layer', numeric: true }], rows: [[0], [1], [2]] }],
    },
  ],
  tables: [
    {
      title: 'Success, every run',
      about: 'Share of sampled episodes that finish the task.',
      columns: [
        { label: 'Method', numeric: false },
        { label: 'Base', numeric: true },
        { label: 'Controller', numeric: true },
        { label: 'Episodes', numeric: true },
        { label: 'Success', numeric: true },
        { label: 'Command', numeric: false },
      ],
      rows: [
        [
          'Internal RL',
          1,
          2,
          61440,
          0.6234,
          'coxswain reinforce --base runs/base --controller runs/controller --seed 1 --out runs/internal-1',
        ],
        ['Raw-action RL', 1, null, 204800, 0, 'coxswain reinforce --method raw --base runs/base --seed 1 --out runs/raw-1'],
        ['Raw-action RL', 2, null, 204800, 0.00004, 'coxswain reinforce --method raw --base runs/base-2 --seed 1 --out runs/raw-2'],
      ],
    },
  ],
  runs: [1, 2, 3, 4].flatMap((seed) =>
    ['internal', 'raw'].map((method) => ({
      name: `${method}-${seed}`,
      phase: 'reinforce',
      world: 'gridworld-pinpad',
      seed,
      from: 'base 1',
      started: '2026-11-28T15:04:18.527Z',
      seconds: 247,
      adapters: ['llvmpipe (LLVM 19, 256 bits)'],
    })),
  ),
  differences: [
    {
      phase: 'reinforce',
      setting: 'reinforce.method',
      values: ['internal', 'raw'].map((method) => ({ value: JSON.stringify(method), runs: [`${method}-1`, `${method}-2`] })),
    },
  ],
};

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) fs.writeFileSync(process.argv[2], renderReport(SAMPLE));
