/** What success stops at, and what that is made of: legs, temperature, rank, the policy's own noise. */

import {
  type Analysis,
  type AnalysisContext,
  BASE_INPUT,
  type Base,
  type Config,
  chartOf,
  highest,
  loadBase,
  rowsOf,
  shown,
  tableOf,
  UsageError,
  WORLD_SEED,
} from '@coxswain/lab';
import { CodeController, PolicyCodes, Rollout } from '@coxswain/rl';
import { readSafetensors } from '@coxswain/tensor';
import { makePolicy } from '../phases/assemble-reinforcement.js';
import { loadController } from '../phases/controller.js';
import { actingGate, PLAYED_TOGETHER, taskWorlds } from '../phases/play.js';
import { type Legs, legsOf, oracleLegs, trainSupervised } from '../phases/supervised-controllers.js';
import { CONTROLLER } from './inputs.js';

const TEMPERATURES = [1, 0.7, 0.5, 0.3, 0.1];
/** Of the steering matrix of the supervised controllers; the last is as wide as the model. */
const ranksOf = ({ metacontroller, model }: Config): number[] =>
  [4, metacontroller.rank, model.width].filter((rank, i, all) => all.indexOf(rank) === i);
interface Row extends Legs {
  readonly who: string;
  readonly temperature: number;
}

/**
 * Labelled controllers of one rank: at all temperatures for the rank of the settings, at the settings' own for the
 * others.
 */
async function labelledRows({ config, seed }: AnalysisContext, base: Base, rank: number): Promise<Row[]> {
  const own = structuredClone(config);
  own.metacontroller.rank = rank;
  const trained = await trainSupervised(base, own, seed, config.metacontroller.layer);
  const rows: Row[] = [];
  const { task, horizon } = config.reinforce;
  const temperatures = rank === config.metacontroller.rank ? TEMPERATURES : [config.reinforce.temperature];
  for (const temperature of temperatures)
    rows.push({
      who: `labelled, rank ${rank}`,
      temperature,
      ...(await oracleLegs(config, base, trained, { task, horizon, seed, temperature })),
    });
  trained.dispose();
  return rows;
}

/** The policy, sampled as it learned or by its means. */
async function policyRows({ config, device, seed, inputs }: AnalysisContext, base: Base, greedy: boolean): Promise<Row[]> {
  const controller = loadController(device, inputs.controller, base);
  const { policy, store } = makePolicy(device, config, controller, seed);
  store.load(readSafetensors(inputs.policy.bytes, inputs.policy.folder).tensors, inputs.policy.folder);
  policy.explore(config.internal.finalExploration);
  const { task, horizon } = config.reinforce;
  const { layer } = config.metacontroller;
  const gate = actingGate(config);
  const rows: Row[] = [];
  for (const temperature of TEMPERATURES) {
    const source = new PolicyCodes(policy, PLAYED_TOGETHER, greedy);
    const steering = new CodeController({ metacontroller: controller.model, layer, source, episodes: PLAYED_TOGETHER, gate });
    const environment = taskWorlds(base, task, horizon, PLAYED_TOGETHER);
    const rollout = new Rollout({ model: base.model, environment, controller: steering, seed: WORLD_SEED.evaluation + seed, temperature });
    rows.push({
      who: greedy ? 'policy, its means' : 'policy, sampled',
      temperature,
      ...(await legsOf(rollout, base.world.task(task).events.length, 4)),
    });
    for (const one of [rollout, steering, source]) one.dispose();
  }
  for (const one of [policy, store, controller]) one.dispose();
  return rows;
}

export const ceilingAnalysis: Analysis = {
  name: 'ceiling',
  about: 'What success stops at and what that is made of: legs of the task, action temperature, rank, the policy’s own noise.',
  answer: (found) => {
    const rows = rowsOf(found);
    return [...new Set(rows.map(({ Who }) => Who))].map((who) => {
      const best = highest(
        rows.filter(({ Who }) => Who === who),
        'Success',
      );
      return `${who}: success ${shown(best?.Success)} at best, at temperature ${best?.Temperature} (cut by the horizon ${shown(best?.Cut)}).`;
    });
  },
  sections: ['world', 'model', 'metacontroller', 'discover', 'supervise', 'reinforce', 'internal'],
  needs: ['demonstrations', 'goals', 'events'],
  inputs: [
    BASE_INPUT,
    { ...CONTROLLER, required: () => false },
    {
      name: 'policy',
      phase: 'reinforce',
      about: 'run folder of what RL learned over its codes',
      gives: ['internal', 'reinforce'],
      required: () => false,
    },
  ],
  parts: (config) => ranksOf(config).length + 2,
  async run(context) {
    const { config, device, inputs, part } = context;
    if ((inputs.policy === undefined) !== (inputs.controller === undefined))
      throw new UsageError(
        '--policy',
        inputs.policy ? 'without --controller' : 'missing',
        'both or neither: a policy chooses codes of its controller',
        'Give both folders.',
      );
    if (inputs.policy && config.reinforce.method === 'raw')
      throw new UsageError(
        '--policy',
        'one over moves (method raw)',
        'one over codes',
        'Give a folder made by `coxswain reinforce` with --controller.',
      );
    const base = loadBase(device, inputs.base);
    const rows: Row[] = [];
    for (const rank of ranksOf(config)) rows.push(...(await part(() => labelledRows(context, base, rank))));
    for (const greedy of [false, true]) rows.push(...(await part(async () => (inputs.policy ? policyRows(context, base, greedy) : []))));
    base.dispose();
    const { task } = config.reinforce;
    const whos = [...new Set(rows.map(({ who }) => who))];
    const mean = ({ success }: Row): number => success ** (1 / task.length);
    return {
      title: `What limits ${task}`,
      about:
        'Success by the temperature at which the frozen model’s actions are sampled, of controllers trained with labels (the true one switched on) and of the policy that RL learned, sampled as it learned or by its means. Each leg: share of episodes that finish it among those that began it. What is neither success nor cut by the horizon touched a wrong colour.',
      paper: 'No such account is given; supervised controllers reach 0.5 to 0.7 on the grid (§3).',
      charts: [
        chartOf(
          `Success on ${task}`,
          'Share of 2 048 episodes.',
          'action temperature',
          whos.map((who) => [who, rows.filter((row) => row.who === who).map((row) => [row.temperature, row.success] as const)]),
        ),
        chartOf(
          'By leg',
          `At temperature ${config.reinforce.temperature}.`,
          'leg',
          whos.map((who) => [
            who,
            (rows.find((row) => row.who === who && row.temperature === config.reinforce.temperature)?.legs ?? []).map(
              (share, leg) => [leg + 1, share] as const,
            ),
          ]),
        ),
      ],
      tables: [
        tableOf(
          'Success, cut episodes and legs',
          'A leg, on average: the geometric mean.',
          ['Who', 'Temperature', 'Success', 'Cut', 'A leg', ...[...task].map((colour, leg) => `${leg + 1}: to ${colour}`)],
          rows.map((row) => [row.who, String(row.temperature), row.success, row.timeout, mean(row), ...row.legs]),
          2,
        ),
      ],
    };
  },
};
