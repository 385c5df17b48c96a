/** What each phase found, in a sentence or two for who ran it, from what it left. */

import { type Left, type ResultRow, sentence, share, told } from '@coxswain/lab';
import type { StageSummary } from '../moments/staged.js';
import type { InjectionMeasure } from './measure-injection.js';
import type { Agreement } from './neighbouring-codes.js';

/** Of a stage of `discover`, as it ends. */
export function stageNote({ stage, view, momentShare, f1Exact, readout, agreement }: StageSummary): string {
  const begun = `stage ${stage} (${view}) was shown ${share(momentShare)} of the steps before the last`;
  const still = agreement === undefined ? '' : `; its switches agree with the last stage’s at ${share(agreement)}`;
  return `${begun}; against labels, which it was not shown: F1 ${told(f1Exact)}, read-out ${told(readout)}${still}.`;
}

/** Of the codes that `discover` found, injected. */
function injectionAnswer(injection: unknown): readonly string[] {
  const { steps = [] } = (injection ?? {}) as Partial<InjectionMeasure>;
  return steps.map(({ step, without, demonstrated, free }) => {
    const of = (part: 'reached' | 'unseen') =>
      `${told(demonstrated?.[part])} with its code from demonstrations, ${told(free?.[part])} with one from unconditioned play, ${told(without?.[part])} without`;
    return `Injected at step ${step} the colour is reached next in ${of('reached')}; where no demonstration shows that transition, ${of('unseen')}.`;
  });
}

/** Whether codes that lie beside each other do the same. */
export const agreementInWords = ({ step, nearest, any }: Readonly<Record<keyof Agreement, unknown>>): string =>
  `injected at step ${step}, a code and its nearest neighbour let go in the same cell in ${told(nearest)} of episodes, any two in ${told(any)}.`;

const neighboursAnswer = (neighbours: unknown): readonly string[] =>
  ((neighbours ?? []) as readonly Agreement[]).map((one) => `Without labels: ${agreementInWords(one)}`);

/** Of `discover`. */
export const controllerAnswer = ({
  f1Exact,
  f1,
  readout,
  nllHard,
  nllUncontrolled,
  stages,
  injection,
  neighbours,
}: Left): readonly string[] => [
  ...(Array.isArray(stages) && stages.length > 1 ? stages.map((one) => sentence(stageNote(one as StageSummary))) : []),
  `Switches against true subgoal changes: F1 ${told(f1Exact)} at the exact step, ${told(f1)} within one (1: all of them, and no other).`,
  `The subgoal is read from the code at ${told(readout)} of the steps; held-out loss ${told(nllHard)} nats an action, ${told(nllUncontrolled)} without it.`,
  ...injectionAnswer(injection),
  ...neighboursAnswer(neighbours),
];

/** Of `skills`. */
export const libraryAnswer = ({ skills, colours, clearShare, purity }: Left): readonly string[] => [
  `${skills ?? '?'} skill${skills === 1 ? '' : 's'} for ${colours ?? '?'} colour${colours === 1 ? '' : 's'}; ${told(purity)} of the codes in their groups had reached the group’s colour (purity).`,
  `Groups were made of the ${told(clearShare)} of all codes whose neighbours agree.`,
];

/** Of what plays a task. */
export function successAnswer({ rows = [] }: { readonly rows?: readonly Partial<ResultRow>[] }): readonly string[] {
  return rows.map(({ task, success, episodes = 0 }) => {
    const after = episodes > 0 ? `, after ${episodes} episodes of training` : '';
    return `Success on ${task}: ${told(success)} of sampled episodes${after}.`;
  });
}
