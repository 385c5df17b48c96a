/**
 * Rate (KL of the codes) against distortion (NLL of the actions) over α, with the base frozen and co-trained, for each
 * view (§4).
 */

import { chartOf, highest, rowsOf, type StoredRun, type Summary, shown, tableOf, UsageError } from '@coxswain/lab';
import { group, median } from 'd3-array';
import { differencesWithin, discoveryPools } from '../report/pooled.js';

interface Point {
  readonly label: string;
  readonly alpha: number;
  readonly rate: number;
  readonly distortion: number;
  readonly f1: number;
  readonly readout: number;
}

/** Values of α that make a curve; what has fewer stands in the table alone. */
const LEAST_OF_A_CURVE = 3;

const LABELS: Readonly<Record<string, string>> = { metacontroller: 'frozen', 'co-trained': 'co-trained' };

function pointOf({ config, measured }: StoredRun): Point[] {
  const { discover } = config.config;
  const { kl, nllHard, f1Exact, readout } = measured;
  const label = discover && LABELS[discover.method];
  if (config.phase !== 'discover' || !discover || !label || kl === undefined) return [];
  // Gates that harden at another step are another curve.
  const curve = `${label}, ${discover.view}, hard from ${discover.laterGateFrom}`;
  return [{ label: curve, alpha: discover.alpha, rate: kl, distortion: nllHard, f1: f1Exact, readout }];
}

export const rateDistortionSummary: Summary = {
  name: 'rate-distortion',
  about: 'Rate against distortion over α, for a frozen and a co-trained base and for each view.',
  warnings: (runs) => differencesWithin(discoveryPools(runs)),
  answer: (found) => {
    const rows = rowsOf(found);
    return [...new Set(rows.map((row) => row['Base, view']))].map((view) => {
      const best = highest(
        rows.filter((row) => row['Base, view'] === view),
        'F1',
      );
      return `${view}: highest F1 ${shown(best?.F1)} at α ${best?.α}, rate ${shown(best?.Rate)}, distortion ${shown(best?.Distortion)} nats.`;
    });
  },
  run(runs) {
    const points = runs.flatMap(pointOf);
    if (points.length === 0)
      throw new UsageError(
        '--runs',
        'no finished run of `coxswain discover`',
        'runs at several α (--set discover.alpha=…)',
        'Give other folders.',
      );
    const rows = [...group(points, ({ label, alpha }) => `${label}\n${alpha}`).values()]
      .map((members) => {
        const of = (name: 'rate' | 'distortion' | 'f1' | 'readout'): number => median(members, (member) => member[name]) ?? 0;
        const [{ label, alpha }] = members;
        return {
          label,
          alpha,
          seeds: members.length,
          rate: of('rate'),
          distortion: of('distortion'),
          f1: of('f1'),
          readout: of('readout'),
        };
      })
      .sort((a, b) => Number(a.label > b.label) - Number(a.label < b.label) || a.rate - b.rate);
    const labels = [...group(rows, ({ label }) => label)].flatMap(([label, own]) => (own.length >= LEAST_OF_A_CURVE ? [label] : []));
    return {
      title: 'Rate–distortion',
      about:
        'Each point is the median over seeds at one α: nats a step that the codes carry, against nats an action that are left with binarised gates.',
      paper:
        'With a frozen base the curve has a horizontal gap at the rate where switching becomes aligned with subgoals; with co-training it has none (§4; Gumbel-sigmoid gates, view `same`).',
      charts: [
        chartOf(
          'Rate against distortion',
          'Nats an action with binarised gates, held-out demonstrations.',
          'rate (nats a step)',
          labels.map((label) => [
            label,
            rows.filter((row) => row.label === label).map(({ rate, distortion }) => [rate, distortion] as const),
          ]),
        ),
        chartOf(
          'Switch alignment along the curve',
          'F1 at the exact step.',
          'rate (nats a step)',
          labels.map((label) => [label, rows.filter((row) => row.label === label).map(({ rate, f1 }) => [rate, f1] as const)]),
        ),
      ],
      tables: [
        tableOf(
          'Rate and distortion by α',
          'Medians over seeds.',
          ['Base, view', 'α', 'Seeds', 'Rate', 'Distortion', 'F1', 'Read-out'],
          rows.map(({ label, alpha, seeds, rate, distortion, f1, readout }) => [
            label,
            String(alpha),
            seeds,
            rate,
            distortion,
            f1,
            readout,
          ]),
          2,
        ),
      ],
    };
  },
};
