/** Runs that one median is taken over, and the settings in which they differ: said, for the median does not show it. */

import { type Config, hashedSettings, pick, type SectionName, type StoredRun, wholeConfig } from '@coxswain/lab';
import { group } from 'd3-array';
import { labelsOf } from '../phases/labels.js';
import { methodLabel } from './method-names.js';

/** Runs by what a reader calls them, where they count as the same but for their seeds. */
export type Pools = ReadonlyMap<string, readonly StoredRun[]>;

const MODEL: readonly SectionName[] = ['world', 'model'];
const STEERED: readonly SectionName[] = [...MODEL, 'metacontroller', 'discover'];

/** What a run of discovery, or one that steers, was found with. */
export const discoveryOf = ({ config: { config, preset } }: StoredRun): Config['discover'] => wholeConfig(config, preset).discover;

/** Settings that a run of its kind reads: RL on raw actions has a section for codes, too, that does nothing. */
function settingsOf(run: StoredRun): Record<string, unknown> {
  const config = wholeConfig(run.config.config, run.config.preset);
  const raw = config.reinforce.method === 'raw';
  const reinforce: readonly SectionName[] = raw ? [...MODEL, 'reinforce', 'raw'] : [...STEERED, 'reinforce', 'internal'];
  const sections = run.config.phase === 'reinforce' ? reinforce : STEERED;
  return { ...hashedSettings(pick(config, sections)), 'a policy to start from': run.config.inputs.policy !== undefined };
}

/** One sentence for each pool whose runs differ in more than what it is named after. */
export function differencesWithin(pools: Pools): string[] {
  return [...pools].flatMap(([name, runs]) => {
    const settings = runs.map(settingsOf);
    const keys = [...new Set(settings.flatMap(Object.keys))];
    const values = keys.map((key) => [key, [...new Set(settings.map((of) => JSON.stringify(of[key])))]] as const);
    const differing = values.filter(([, found]) => found.length > 1).map(([key, found]) => `${key} (${found.join(', ')})`);
    const more = differing.length > 5 ? `; and ${differing.length - 5} more` : '';
    return differing.length > 0 ? [`${name}: one median over runs that differ in ${differing.slice(0, 5).join('; ')}${more}.`] : [];
  });
}

/** RL runs by method, task and episodes, as learning curves and tables count them. */
export function learningPools(runs: readonly StoredRun[]): Pools {
  const learned = runs.filter(({ config }) => config.phase === 'reinforce');
  return group(learned, ({ config }) => {
    const section = config.config[config.config.reinforce?.method ?? 'internal'];
    const episodes = (section?.updates ?? 0) * (section?.episodesPerUpdate ?? 0);
    return `${methodLabel(labelsOf(config))} on ${config.config.reinforce?.task}, ${episodes} episodes`;
  });
}

/** Runs of discovery by view, α and the steps at which gates harden and training ends. */
export function discoveryPools(runs: readonly StoredRun[]): Pools {
  const found = runs.filter(({ config }) => config.phase === 'discover');
  return group(found, (run) => {
    const { method, view, alpha, laterGateFrom, steps } = discoveryOf(run);
    return `${method}, view ${view}, α ${alpha}, gates hard from ${laterGateFrom} of ${steps}`;
  });
}
