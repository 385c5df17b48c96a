/**
 * Supervised controllers by depth and by length of the task (§3): which layer steers best, and what one leg after the
 * other costs.
 */

import { type Analysis, BASE_INPUT, chartOf, highest, loadBase, rowsOf, shown, tableOf } from '@coxswain/lab';
import { oracleLegs, trainSupervised } from '../phases/supervised-controllers.js';
import { stepsPerEvent } from './tasks.js';

/** The task of RL, cut short and gone through again: unseen tasks of rising length. */
export function lengthsOf(task: string): string[] {
  const repeated = task.repeat(2);
  return [2, 3, 4, 6, 8].map((length) => repeated.slice(0, length)).filter((part, i, all) => part.length > 1 && all.indexOf(part) === i);
}

export const controllersAnalysis: Analysis = {
  name: 'controllers',
  about: 'Controllers trained with labels at every layer: which layer steers best, on unseen tasks of rising length.',
  answer: (found) => {
    const rows = rowsOf(found);
    const tasks = found.tables[0].columns.map(({ label }) => label).filter((label) => !['Layer', 'NLL'].includes(label));
    return tasks.map((task) => {
      const best = highest(rows, task);
      return `Success on ${task}: highest after layer ${best?.Layer}, ${shown(best?.[task])}.`;
    });
  },
  sections: ['world', 'model', 'metacontroller', 'discover', 'supervise', 'reinforce'],
  needs: ['demonstrations', 'goals', 'events'],
  inputs: [BASE_INPUT],
  parts: ({ model }) => model.depth + 1,
  async run({ config, seed, device, inputs, part }) {
    const base = loadBase(device, inputs.base);
    const { depth } = config.model;
    const tasks = lengthsOf(config.reinforce.task);
    const steps = stepsPerEvent(config);
    const layers: { nll: number; success: number[] }[] = [];
    for (let layer = 0; layer <= depth; layer++)
      layers.push(
        await part(async () => {
          const trained = await trainSupervised(base, config, seed, layer);
          const success: number[] = [];
          for (const task of tasks)
            success.push((await oracleLegs(config, base, trained, { task, horizon: steps * task.length, seed })).success);
          const nll = await trained.nll();
          trained.dispose();
          return { nll, success };
        }),
      );
    base.dispose();
    return {
      title: 'Supervised controllers by depth and length',
      about: `One low-rank controller a colour, trained with labels for ${config.supervise.steps} steps at each layer and switched on by the true subgoal; success on unseen tasks (transitions never shown), actions sampled at temperature ${config.reinforce.temperature}.`,
      paper: 'Success on longer unseen tasks is best when the controller acts at mid-depth, at 0.5 to 0.7 on the grid (§3).',
      charts: [
        chartOf(
          'Success by layer',
          'Share of sampled episodes.',
          'layer',
          tasks.map((task, k) => [task, layers.map(({ success }, layer) => [layer, success[k]] as const)]),
        ),
        chartOf(
          'Success by length',
          'The same, against the length of the task.',
          'colours',
          layers.map(({ success }, layer) => [`layer ${layer}`, tasks.map((task, k) => [task.length, success[k]] as const)]),
        ),
      ],
      tables: [
        tableOf(
          'Success by layer and task',
          'NLL: nats an action under the right controller, on held-out demonstrations.',
          ['Layer', 'NLL', ...tasks],
          layers.map(({ nll, success }, layer) => [layer, nll, ...success]),
          0,
        ),
      ],
    };
  },
};
