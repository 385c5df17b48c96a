/** Which settings of discovery find skills, over seeds: view × α × the step at which gates harden. */

import { chartOf, lastValue, rowsOf, type StoredRun, type Summary, type TrainingChart, tableOf, UsageError } from '@coxswain/lab';
import { group, median } from 'd3-array';
import { METRICS } from '../metrics.js';
import { differencesWithin, discoveryPools } from '../report/pooled.js';

/** What counts as found: exact switches, and codes that name the subgoal. */
export const FOUND = { f1: 0.98, readout: 0.95 } as const;

interface Try {
  readonly view: string;
  readonly alpha: number;
  readonly hardFrom: number;
  readonly steps: number;
  readonly f1: number;
  readonly readout: number;
}

function tryOf(run: StoredRun): Try[] {
  const settings = run.config.config.discover;
  const [f1, readout] = [lastValue(run, METRICS.switchF1Exact), lastValue(run, METRICS.subgoalReadout)];
  const finished = run.measured[FINISHED] !== undefined;
  if (run.config.phase !== 'discover' || !settings || f1 === null || readout === null || !finished) return [];
  if (settings.method !== 'metacontroller') return [];
  const { view, alpha, laterGateFrom: hardFrom, steps } = settings;
  return [{ view, alpha, hardFrom, steps, f1, readout }];
}

/** A number that `coxswain discover` writes when it has finished. */
const FINISHED = 'readout';

export const isFound = ({ f1, readout }: Pick<Try, 'f1' | 'readout'>): boolean => f1 >= FOUND.f1 && readout >= FOUND.readout;

/** One measure over α, a line for each view and hardening. @param groups tries that differ by seed alone. */
function chart(
  groups: readonly Try[][],
  title: string,
  measure: (members: Try[]) => number,
  references: TrainingChart['references'],
): TrainingChart {
  const lines = group(groups, ([{ view, hardFrom, steps }]) => `${view}, hard from ${hardFrom} of ${steps}`);
  const curves = [...lines].map(([label, own]) => [label, own.map((members) => [members[0].alpha, measure(members)] as const)] as const);
  const log = groups.every(([{ alpha }]) => alpha > 0);
  return { ...chartOf(title, 'Medians over seeds; a dot for each α that was tried.', log ? 'α (log)' : 'α', curves, references), log };
}

export const mapSummary: Summary = {
  name: 'map',
  about: 'Which settings of discovery find skills: view × α × the step at which gates harden, over seeds.',
  warnings: (runs) => differencesWithin(discoveryPools(runs)),
  answer: (found) => {
    const rows = rowsOf(found).filter(({ Found }) => Number(Found) > 0);
    if (rows.length === 0) return ['No seed found skills.'];
    return rows.map(({ View, α, Found, Seeds, Steps, 'Hard from step': hard }) => {
      return `${View}, α ${α}, hard from step ${hard} of ${Steps}: ${Found} of ${Seeds} seeds found skills.`;
    });
  },
  run(runs) {
    const tries = runs.flatMap(tryOf);
    if (tries.length === 0) throw new UsageError('--runs', 'no finished run of `coxswain discover`', 'at least one', 'Give other folders.');
    const groups = [...group(tries, ({ view, alpha, hardFrom, steps }) => JSON.stringify([view, alpha, hardFrom, steps])).values()].sort(
      ([a], [b]) => Number(a.view > b.view) - Number(a.view < b.view) || a.alpha - b.alpha || a.hardFrom - b.hardFrom || a.steps - b.steps,
    );
    return {
      title: 'When discovery finds skills',
      about: `Every finished run of discovery. Found: F1 of switches at the exact step at least ${FOUND.f1} and the subgoal read from z at least ${FOUND.readout} of the time, on held-out demonstrations.`,
      paper:
        'The paper uses the view `same`, sweeps α over 0 … 1 and reports subgoal-aligned switching at its size (§4, G 7, 64 000 steps); it has no map over seeds.',
      charts: [
        chart(groups, 'Share of seeds that find skills', (members) => members.filter(isFound).length / members.length, []),
        chart(groups, 'F1 of switches at the exact step', (members) => median(members, ({ f1 }) => f1) ?? 0, [
          { label: 'found', y: FOUND.f1 },
        ]),
        chart(groups, 'Subgoals read from z', (members) => median(members, ({ readout }) => readout) ?? 0, [
          { label: 'found', y: FOUND.readout },
        ]),
      ],
      tables: [
        tableOf(
          'View × α × hardening',
          'Over seeds.',
          ['View', 'α', 'Hard from step', 'Steps', 'Seeds', 'Found', 'Median F1', 'Lowest F1', 'Median read-out', 'Lowest read-out'],
          groups.map((members) => {
            const [{ view, alpha, hardFrom, steps }] = members;
            const of = (name: 'f1' | 'readout') => members.map((member) => member[name]);
            return [
              view,
              String(alpha),
              hardFrom,
              steps,
              members.length,
              members.filter(isFound).length,
              median(of('f1')) ?? null,
              Math.min(...of('f1')),
              median(of('readout')) ?? null,
              Math.min(...of('readout')),
            ];
          }),
          2,
        ),
      ],
    };
  },
};
