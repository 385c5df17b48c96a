/** From stored runs to a report. */
import type { StoredRun } from '../run/scan.js';
import type { Findings, ReportData } from './data.js';
import { listRuns, runFacts, settingDifferences } from './runs.js';
import type { SystemReport } from './system-report.js';

export type ReportOptions = {
  readonly title: string;
  /** Updates that each point of a learning curve is the mean of. */
  readonly smoothing: number;
  /** What `coxswain analyse` left in these folders. */
  readonly findings?: readonly Findings[];
};

/** The report of a set of runs. @param systems those whose runs they may be. */
export function collectReport(
  runs: readonly StoredRun[],
  systems: readonly SystemReport[],
  { title, smoothing, findings = [] }: ReportOptions,
): ReportData {
  const list = listRuns(runs);
  return {
    title,
    lead: systems.flatMap(({ lead }) => lead ?? []).join(' '),
    story: systems.flatMap((system) => system.story?.(runs) ?? []),
    tiles: systems.flatMap((system) => system.tiles?.(runs) ?? []),
    facts: [
      ...runFacts(
        list,
        runs.map(({ config }) => config.preset),
      ),
      ...systems.flatMap((system) => system.facts(runs)),
    ],
    smoothing,
    learning: systems.flatMap((system) => system.learning?.(runs) ?? []),
    training: systems.flatMap((system) => system.charts(runs)),
    pictures: systems.flatMap((system) => system.pictures?.(runs) ?? []),
    findings,
    // What was made last is asked for first: results stand before what they rest on.
    tables: systems.toReversed().flatMap((system) => system.tables(runs)),
    runs: list,
    differences: settingDifferences(runs),
  };
}
