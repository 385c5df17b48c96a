/** Switches against true subgoal changes (§4, switch alignment). */

import { type Analysis, BASE_INPUT, chartOf, demonstrations, loadBase, rowsOf, shown, tableOf } from '@coxswain/lab';
import { writeStages } from '../moments/write-stages.js';
import { loadController } from '../phases/controller.js';
import { demonstratedCodes } from '../phases/demonstrated-codes.js';
import { evaluateController } from '../phases/evaluate-controller.js';
import { SWITCHES } from '../report/traces.js';
import { CONTROLLER } from './inputs.js';
import { NEIGHBOURS, whatCodesTell } from './what-codes-tell.js';

/** Steps before and after a change that the mean of β is shown for. */
const AROUND = 4;

export const switchesAnalysis: Analysis = {
  name: 'switches',
  about: 'Whether the switch opens where the true subgoal changes: precision, recall, F1, and β around a change.',
  answer: (found) => {
    const [{ F1, 'F1 at ±1': near, 'Read-out of the subgoal from z': readout }] = rowsOf(found);
    return [
      `F1 ${shown(F1)} at the exact step, ${shown(near)} within one; the subgoal is read from the code ${shown(readout)} of the time.`,
    ];
  },
  sections: ['world', 'model', 'metacontroller', 'discover'],
  needs: ['demonstrations', 'goals'],
  inputs: [BASE_INPUT, CONTROLLER],
  parts: () => 1,
  async run({ config, seed, device, inputs, folder, part }) {
    const found = await part(async () => {
      const base = loadBase(device, inputs.base);
      const controller = loadController(device, inputs.controller, base);
      const heldOut = demonstrations(config, 'heldOut', seed, config.discover.evaluationEpisodes, config.discover);
      const { result, traces, aroundChange } = await evaluateController(base, controller, config, seed, heldOut, AROUND);
      const held = await demonstratedCodes(base, controller, config, seed, heldOut);
      const stages = await controller.traces?.(heldOut, seed);
      for (const one of [controller, base]) one.dispose();
      return { result, traces, stages, aroundChange, told: whatCodesTell(held) };
    });
    const { result, traces, stages, aroundChange, told } = found;
    folder.writeArtifact(SWITCHES.file, traces);
    if (stages) writeStages(folder, stages);
    const offsets = aroundChange.map((_, i) => i - AROUND);
    return {
      title: 'Switch alignment',
      about: `Switches (β at least ${config.discover.gateThreshold} with binarised gates) against true subgoal changes on held-out clean demonstrations; an episode’s first step counts as neither.`,
      paper:
        'β becomes sparse and quasi-binary by itself, and its peaks fall on the true subgoal changes (§4; shown as plots over time, no F1 is given).',
      charts: [
        chartOf('β around a subgoal change', 'Mean of soft β; 0 is the first step of the new subgoal.', 'steps from the change', [
          ['β', offsets.map((offset, i) => [offset, aroundChange[i]])],
        ]),
      ],
      tables: [
        tableOf(
          'Alignment',
          'F1 at the exact step, and where one step apart counts.',
          ['Precision', 'Recall', 'F1', 'F1 at ±1', 'Switches a step', 'Read-out of the subgoal from z'],
          [[result.precision, result.recall, result.f1Exact, result.f1, result.switchRate, result.readout]],
          0,
        ),
        tableOf(
          'What a code tells when it begins',
          `From the ${NEIGHBOURS} nearest codes among the other half of the switches: how often most of them were held for the same colour; share of variance (R²) of the cell in which the subgoal was reached, of the cell in which the code began, and of the way from one to the other. Beside it what the cell in which it began tells of them by itself. A code that names a colour is good in any layout, one that names a cell or a way in one alone.`,
          ['Told by', 'Switches', 'Colour', 'Cell reached', 'Cell begun in', 'Way'],
          told.map(({ by, switches, colour, to, from, way }) => [by, switches, colour, to, from, way]),
          1,
        ),
      ],
    };
  },
};
