/** Whether skills carry over, asked without labels: do codes that lie beside each other do the same elsewhere? */

import { type Analysis, BASE_INPUT, chartOf, demonstrations, loadBase, rowsOf, sentence, tableOf } from '@coxswain/lab';
import { agreementInWords } from '../phases/answers.js';
import { loadController } from '../phases/controller.js';
import { neighboursAgree } from '../phases/neighbouring-codes.js';
import { CONTROLLER } from './inputs.js';

const EPISODES = 2048;

export const neighboursAnalysis: Analysis = {
  name: 'neighbours',
  about: 'Whether skills carry over, without labels: do codes that lie beside each other do the same in other layouts?',
  answer: (found) => {
    const rows = rowsOf(found);
    if (rows.length === 0)
      return ['No demonstration has two codes, so there are none to compare: the switch opens at its first step alone.'];
    return rows.map(({ 'Injected at step': step, 'Nearest code': nearest, 'Any code': any }) =>
      sentence(agreementInWords({ step, nearest, any })),
    );
  },
  sections: ['world', 'model', 'metacontroller', 'discover'],
  needs: ['demonstrations', 'goals'],
  inputs: [BASE_INPUT, CONTROLLER],
  parts: () => 1,
  async run({ config, seed, device, inputs, part }) {
    const rows = await part(async () => {
      const base = loadBase(device, inputs.base);
      const controller = loadController(device, inputs.controller, base);
      const heldOut = demonstrations(config, 'heldOut', seed, config.discover.evaluationEpisodes, config.discover);
      const found = await neighboursAgree(base, controller, config, seed, heldOut, EPISODES);
      for (const one of [controller, base]) one.dispose();
      return found;
    });
    const curve = (of: 'nearest' | 'any') => rows.map((row) => [row.step, row[of]] as const);
    return {
      title: 'Codes that lie beside each other',
      about: `A code that the encoder gave in a demonstration is injected into ${EPISODES} episodes in other layouts and held until the switch opens; then, with the same layouts and random numbers, the nearest code that was held in another place of a demonstration (first, second, …), and any code. Share of episodes in which the two let go in the same cell. Where codes are skills neighbours agree and others do not; where they do nothing all agree.`,
      paper: 'Not asked there: codes are injected and judged by labels (§4).',
      charts: [
        chartOf('Letting go in the same cell', 'Share of episodes.', 'step of the injection', [
          ['nearest code', curve('nearest')],
          ['any code', curve('any')],
        ]),
      ],
      tables: [
        tableOf(
          'Agreement of neighbours',
          'The difference needs no label and tells whether codes carry over.',
          ['Injected at step', 'Nearest code', 'Any code', 'Difference'],
          rows.map(({ step, nearest, any }) => [String(step), nearest, any, nearest - any]),
        ),
      ],
    };
  },
};
