/** What a report tells of its runs themselves: which they are, what they ran on, and in which settings they differ. */
import { group } from 'd3-array';
import { hashedSettings, pick, type SectionName, wholeConfig } from '../config.js';
import type { StoredRun } from '../run/scan.js';
import type { Difference, ListedRun, ReportData } from './data.js';

/** The world that a run is in. */
const worldName = ({ config }: StoredRun): string => wholeConfig(config.config, config.preset).world.name;

/** A run with when and on what it ran, as far as its folder says it. */
function listed(run: StoredRun): ListedRun {
  const { name, config, processes, times } = run;
  const started = processes.flatMap((one) => one.started ?? [])[0];
  const seconds = times.at(-1)?.seconds;
  return {
    name,
    phase: config.phase,
    world: worldName(run),
    seed: config.seed,
    from: Object.entries(config.inputs)
      .map(([input, { seed }]) => `${input} ${seed}`)
      .join(', '),
    ...(started === undefined ? {} : { started }),
    ...(seconds === undefined ? {} : { seconds }),
    adapters: [...new Set(processes.flatMap((one) => one.adapter ?? []))],
  };
}

/** All of them, as a list. */
export const listRuns = (runs: readonly StoredRun[]): ListedRun[] => runs.map(listed);

/** Settings in which some of these runs differ, with each value as JSON. @param settingsOf what is compared. */
export function differingSettings(
  runs: readonly StoredRun[],
  settingsOf: (run: StoredRun) => Readonly<Record<string, unknown>>,
): Omit<Difference, 'phase'>[] {
  const settings = runs.map((run) => ({ name: run.name, of: settingsOf(run) }));
  return [...new Set(settings.flatMap(({ of }) => Object.keys(of)))].flatMap((setting) => {
    const byValue = group(settings, ({ of }) => JSON.stringify(of[setting]) ?? 'absent');
    const values = [...byValue].map(([value, those]) => ({ value, runs: those.map(({ name }) => name) }));
    return values.length > 1 ? [{ setting, values }] : [];
  });
}

/** Settings in which runs of one phase differ, of those that count for what is computed. */
export function settingDifferences(runs: readonly StoredRun[]): Difference[] {
  return [...group(runs, ({ config }) => config.phase)].flatMap(([phase, members]) =>
    differingSettings(members, settingsOf).map((difference) => ({ phase, ...difference })),
  );
}

/** Of a section that a run does not have nothing is said. */
const settingsOf = ({ config: { config, preset } }: StoredRun): Record<string, unknown> =>
  hashedSettings(pick(wholeConfig(config, preset), Object.keys(config) as SectionName[]));

/** The line under the title that is the same for all systems: where runs are, when, and on what. */
export function runFacts(runs: readonly ListedRun[], presets: readonly string[]): ReportData['facts'] {
  const distinct = (values: readonly string[]): string => [...new Set(values)].join(', ');
  const days = [...new Set(runs.flatMap(({ started }) => started?.slice(0, 10) ?? []))].sort();
  const fact = (label: string, value: string) => (value === '' ? [] : [{ label, value }]);
  return [
    ...fact('world', distinct(runs.map(({ world }) => world))),
    ...fact('preset', distinct(presets)),
    ...fact('adapter', distinct(runs.flatMap(({ adapters }) => adapters))),
    ...fact('date', days.length > 1 ? `${days[0]} to ${days[days.length - 1]}` : (days[0] ?? '')),
  ];
}

/**
 * How many models of a kind there are: those that were trained in these runs, and those that runs started from.
 * @param input the option that names one, see `PhaseInput`.
 */
export function countModels(runs: readonly StoredRun[], phase: string, input: string): string {
  const own = runs.filter(({ config }) => config.phase === phase).map(({ config }) => config);
  const used = runs.flatMap(({ config }) => config.inputs[input] ?? []);
  const others = used.filter((model) => !own.some(({ seed }) => seed === model.seed));
  const elsewhere = new Set(others.map(({ sha256 }) => sha256)).size;
  const total = own.length + elsewhere;
  return elsewhere === 0 ? String(total) : own.length === 0 ? `${total}, trained elsewhere` : `${total}, ${elsewhere} trained elsewhere`;
}
