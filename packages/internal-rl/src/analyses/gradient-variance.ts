/** Credit assignment: how noisy the gradient of each estimator is, against the length of the task (§5). */

import { type Analysis, type AnalysisContext, BASE_INPUT, type Config, chartOf, rowsOf, shown, tableOf } from '@coxswain/lab';
import type { Reinforcer } from '@coxswain/rl';
import { CELLS, gridOf } from '../grid/needs.js';
import { assembleReinforcement } from '../phases/assemble-reinforcement.js';
import { CONTROLLER } from './inputs.js';
import { STEPS_PER_COLOUR } from './tasks.js';

/** Gradients that the variance is taken over; each of one batch of episodes. */
const BATCHES = 24;
/**
 * Tasks of rising length whose transitions demonstrations do show, so that both methods meet rewards: prefixes of one
 * walk.
 */
export function shownWalk({ world }: Pick<Config, 'world'>, longest: number): string[] {
  const { tasks } = world;
  const { colours } = gridOf({ world });
  const follows = new Set(tasks.flatMap((task) => [...task].slice(1).map((to, i) => `${task[i]}${to}`)));
  let walk = tasks[0].slice(0, 1);
  while (walk.length < longest) {
    const here = walk.at(-1) as string;
    const options = Array.from({ length: colours }, (_, c) => String(c)).filter((to) => follows.has(here + to));
    // The colour used least so far, so that the walk is not two colours in turns.
    const used = (colour: string): number => [...walk].filter((one) => one === colour).length;
    walk += options.sort((a, b) => used(a) - used(b) || Number(a) - Number(b))[0];
  }
  return Array.from({ length: longest }, (_, i) => walk.slice(0, i + 1));
}

export interface Noise {
  /** tr Cov(g) / ‖E g‖², of the gradient of one batch. */
  readonly ratio: number;
  readonly success: number;
}

/** From gradients of batches: the trace of their covariance over the squared norm of their mean, both without bias. */
export function noiseOf(gradients: readonly ArrayLike<number>[]): number {
  const [n, size] = [gradients.length, gradients[0].length];
  let variance = 0;
  let square = 0;
  for (let i = 0; i < size; i++) {
    let mean = 0;
    for (const g of gradients) mean += g[i] / n;
    let spread = 0;
    for (const g of gradients) spread += (g[i] - mean) ** 2 / (n - 1);
    variance += spread;
    square += mean ** 2;
  }
  // ‖mean‖² is too large by the variance of the mean.
  return variance / Math.max(1e-30, square - variance / n);
}

async function measure(reinforcer: Reinforcer): Promise<Noise> {
  const gradients: Float32Array[] = [];
  let success = 0;
  for (let batch = 0; batch < BATCHES; batch++) {
    // No step is taken: every batch is played by the same policy.
    const { metrics } = await reinforcer.update(0);
    success += metrics.reward / BATCHES;
    if (metrics.frac_reward_zero_std === 0) gradients.push(Float32Array.from(await reinforcer.store.gradients.read()));
  }
  return { ratio: gradients.length > BATCHES / 2 ? noiseOf(gradients) : Number.NaN, success };
}

async function noiseAt({ config, device, inputs, seed }: AnalysisContext, method: 'internal' | 'raw', task: string): Promise<Noise> {
  const own = structuredClone(config);
  Object.assign(own.reinforce, { method, task, horizon: STEPS_PER_COLOUR * task.length });
  Object.assign(own[method], { epochs: 1, episodesPerUpdate: config.internal.episodesPerUpdate, weightDecay: 0 });
  const wired = assembleReinforcement(device, own, inputs, seed);
  const noise = await measure(wired.reinforcer);
  wired.dispose();
  return noise;
}

export const gradientVarianceAnalysis: Analysis = {
  name: 'gradient-variance',
  about: 'How noisy the policy gradient is against the horizon, over codes and over the model’s own actions.',
  answer: (found) =>
    rowsOf(found).map((row) => {
      const [codes, actions] = [row['Codes: noise/signal'], row['Actions: noise/signal']];
      return `Task ${row.Task}: the gradient’s noise is ${shown(codes)} times its signal with codes, ${shown(actions)} with actions (–: no signal).`;
    }),
  sections: ['world', 'model', 'metacontroller', 'discover', 'reinforce', 'internal', 'raw'],
  needs: [CELLS],
  inputs: [BASE_INPUT, CONTROLLER],
  parts: () => 8,
  async run(context) {
    const tasks = shownWalk(context.config, 4);
    const found: Record<'internal' | 'raw', Noise[]> = { internal: [], raw: [] };
    for (const task of tasks)
      for (const method of ['internal', 'raw'] as const) {
        const { ratio, success } = await context.part(async () => {
          const noise = await noiseAt(context, method, task);
          return { ...noise, ratio: Number.isFinite(noise.ratio) ? noise.ratio : null };
        });
        found[method].push({ ratio: ratio ?? Number.NaN, success });
      }
    const curve = (method: 'internal' | 'raw') =>
      found[method].flatMap(({ ratio }, i) =>
        Number.isFinite(ratio) ? [[STEPS_PER_COLOUR * tasks[i].length, Math.log10(Math.max(1e-3, ratio))] as const] : [],
      );
    return {
      title: 'Credit assignment: noise of the policy gradient',
      about: `Trace of the covariance of the gradient over the squared norm of its mean, over ${BATCHES} batches of ${context.config.internal.episodesPerUpdate} episodes played by the same policy at its start: the batches that have to be averaged for a signal as large as the noise. Tasks of one to four colours whose transitions demonstrations show, ${STEPS_PER_COLOUR} steps allowed for each, so that both methods meet rewards.`,
      paper:
        'The variance of the raw-action estimator grows with the horizon, that of the internal one with the number of its decisions (§5, argued; no figure of it is compared here).',
      charts: [
        chartOf('Noise to signal', 'log10 of tr Cov(g) / ‖E g‖².', 'horizon (steps)', [
          ['over codes', curve('internal')],
          ['over actions', curve('raw')],
        ]),
      ],
      tables: [
        tableOf(
          'Noise to signal by horizon',
          'Empty where more than half of the batches saw one reward only.',
          ['Task', 'Horizon', 'Codes: noise/signal', 'Codes: success', 'Actions: noise/signal', 'Actions: success'],
          tasks.map((task, i) => [
            task,
            STEPS_PER_COLOUR * task.length,
            ...(['internal', 'raw'] as const).flatMap((method) => [
              Number.isFinite(found[method][i].ratio) ? found[method][i].ratio : null,
              found[method][i].success,
            ]),
          ]),
        ),
      ],
    };
  },
};
