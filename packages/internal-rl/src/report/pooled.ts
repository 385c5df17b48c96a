/** Runs that one median is taken over, and the settings in which they differ: said, for the median does not show it. */

import { type Config, differingSettings, hashedSettings, pick, type SectionName, type StoredRun, wholeConfig } from '@coxswain/lab';
import { group } from 'd3-array';
import { labelsOf } from '../phases/labels.js';
import { methodLabel } from './method-names.js';

/** Runs by what a reader calls them, where they count as the same but for their seeds. */
export type Pools = ReadonlyMap<string, readonly StoredRun[]>;

const MODEL: readonly SectionName[] = ['world', 'model'];
const STEERED: readonly SectionName[] = [...MODEL, 'metacontroller', 'discover'];

/** Phases whose runs play tasks by a policy. */
const PLAYING: readonly string[] = ['reinforce', 'evaluate'];

/** What a run of discovery, or one that steers, was found with. */
export const discoveryOf = ({ config: { config, preset } }: StoredRun): Config['discover'] => wholeConfig(config, preset).discover;

/** Settings that a run of its kind reads: RL on raw actions has a section for codes, too, that does nothing. */
function settingsOf(run: StoredRun): Record<string, unknown> {
  const config = wholeConfig(run.config.config, run.config.preset);
  const raw = config.reinforce.method === 'raw';
  const reinforce: readonly SectionName[] = raw ? [...MODEL, 'reinforce', 'raw'] : [...STEERED, 'reinforce', 'internal'];
  const sections = PLAYING.includes(run.config.phase) ? reinforce : STEERED;
  return { ...hashedSettings(pick(config, sections)), 'a policy to start from': run.config.inputs.policy !== undefined };
}

/** One sentence for each pool whose runs differ in more than what it is named after. @param what becomes of them. */
export function differencesWithin(pools: Pools, what = 'one median over runs that differ in'): string[] {
  return [...pools].flatMap(([name, runs]) => {
    const found = differingSettings(runs, settingsOf).map(
      ({ setting, values }) => `${setting} (${values.map(({ value }) => value).join(', ')})`,
    );
    const more = found.length > 5 ? `; and ${found.length - 5} more` : '';
    return found.length > 0 ? [`${name}: ${what} ${found.slice(0, 5).join('; ')}${more}.`] : [];
  });
}

/** Settings that a kind is named after at most; where more differ it is numbered. */
const NAMED = 2;

/**
 * What tells runs of one pool apart besides their seeds, as a word behind their method's name; nothing for those that
 * are all of one kind. Runs of two kinds have no median together.
 */
export function kindsOf(runs: readonly StoredRun[]): ReadonlyMap<StoredRun, string> {
  return new Map(
    [...learningPools(runs, PLAYING).values()].flatMap((members) => {
      const settings = members.map(settingsOf);
      const keys = differingSettings(members, settingsOf).map(({ setting }) => setting);
      const values = settings.map((of) => JSON.stringify(keys.map((key) => of[key])));
      const distinct = [...new Set(values)];
      return members.flatMap((run, i): [StoredRun, string][] => {
        if (keys.length === 0) return [];
        const named = keys.slice(0, NAMED).map((key) => `${key}=${JSON.stringify(settings[i][key]) ?? 'absent'}`);
        const more = keys.length > NAMED ? [`${keys.length - NAMED} more settings, kind ${distinct.indexOf(values[i]) + 1}`] : [];
        return [[run, [...named, ...more].join(', ')]];
      });
    }),
  );
}

/** RL runs by method, task and episodes, as learning curves and tables count them. */
export function learningPools(runs: readonly StoredRun[], phases: readonly string[] = ['reinforce']): Pools {
  const learned = runs.filter(({ config }) => phases.includes(config.phase));
  return group(learned, ({ config }) => {
    const section = config.config[config.config.reinforce?.method ?? 'internal'];
    const episodes = (section?.updates ?? 0) * (section?.episodesPerUpdate ?? 0);
    const measured = config.phase === 'reinforce' ? '' : `, ${config.phase}`;
    return `${methodLabel(labelsOf(config))} on ${config.config.reinforce?.task}, ${episodes} episodes${measured}`;
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
