/** Sections of a report with pictures of single episodes. */
import { listOf, type Picture, type PictureSection, type RunList, type StoredRun } from '@coxswain/lab';
import { group } from 'd3-array';
import { EPISODE_LEGEND, episodePicture } from '../grid/draw.js';
import { labelsOf } from '../phases/labels.js';
import { methodLabel, methodName, seedsOf } from './method-names.js';
import { kindsOf } from './pooled.js';
import { EPISODES } from './shown-episodes.js';
import { stagePicture } from './stages.js';
import { switchPicture } from './switches.js';
import { STAGES, SWITCHES } from './traces.js';

/** Pictures shown at most: more would not say more. */
const MOST_SWITCHES = 8;
const MOST_STAGED = 6;
const MOST_EPISODES = 12;

interface Shown<T> {
  readonly run: StoredRun;
  /** Who acted in it. */
  readonly who: string;
  readonly of: T;
}

/** What the runs of each name left, one after another from every name and from each of its runs: none is left out. */
function inTurn<T extends { readonly title: string }>(
  runs: readonly StoredRun[],
  list: RunList<T>,
  whoOf: (run: StoredRun) => { readonly group: string; readonly who: string },
): Shown<T>[] {
  const left = runs.map((run) => ({ ...whoOf(run), run, all: listOf(run, list) })).filter(({ all }) => all.length > 0);
  // Runs that differ in how long they were, or in what no name says, are told apart by their folders.
  const shared = (who: string): boolean => left.filter((one) => one.who === who).length > 1;
  const queues = [...group(left, (one) => one.group).values()].map((members) =>
    turns(members.map(({ run, who, all }) => all.map((of) => ({ run, who: shared(who) ? `${who}, ${run.name}` : who, of })))),
  );
  return turns(queues);
}

/** The first of each, the second of each, … */
const turns = <T>(queues: readonly (readonly T[])[]): T[] =>
  Array.from({ length: Math.max(0, ...queues.map(({ length }) => length)) }, (_, i) =>
    queues.flatMap((queue) => queue.slice(i, i + 1)),
  ).flat();

/** In the order of the runs again: what one run left stands together. */
const together = <T>(shown: readonly Shown<T>[], most: number): Shown<T>[] =>
  [...group(shown.slice(0, most), ({ run }) => run).values()].flat();

/** Who plays a run's episodes. @param kind what tells it apart from others of its method: `kindsOf`. */
function player({ config, rows }: StoredRun, kind: string | undefined) {
  const labels = labelsOf(config);
  // What was only measured says in its row who played: a policy, random codes or the model by itself.
  const name = methodLabel(rows[0] ?? labels, kind);
  const learner = config.phase === 'evaluate' && !config.inputs.policy ? 'seed' : 'RL';
  return { group: name, who: `${name} (${seedsOf({ ...labels, rlSeed: rows[0]?.rlSeed ?? labels.rlSeed }, learner)})` };
}

/** Whose switch is drawn: the controller that a run found, or that it looked into. */
function controller({ config: { phase, seed, inputs, config } }: StoredRun) {
  const found = phase === 'discover' ? seed : inputs.controller?.seed;
  const base = inputs.base ? `base ${inputs.base.seed}, ` : '';
  const who = `${methodName(config.discover?.method ?? 'metacontroller')}, ${base}${found === undefined ? `seed ${seed}` : `controller ${found}`}`;
  return { group: who, who };
}

/** The controller's name is given: what the run wrote before it is the seed of whatever looked into it. */
const episodeOf = (title: string): string => title.replace(/^seed \d+, /, '');

const named = <T extends { readonly title: string }>({ of, who, run }: Shown<T>, draw: (of: T) => Picture): Picture => ({
  ...draw({ ...of, title: `${who}: ${episodeOf(of.title)}` }),
  run: run.name,
});

/** The switch, how it was found, and how tasks were played. */
export function picturesOf(runs: readonly StoredRun[]): readonly PictureSection[] {
  const kinds = kindsOf(runs);
  const section = <T extends { readonly title: string }>(
    list: RunList<T>,
    whoOf: (run: StoredRun) => { readonly group: string; readonly who: string },
    most: number,
    draw: (of: T) => Picture,
  ): Picture[] => together(inTurn(runs, list, whoOf), most).map((one) => named(one, draw));
  return [
    {
      title: 'The switch',
      about:
        'β at each step of held-out demonstrations (bars; strong where it is at least 0.5 and a new code begins) over the true subgoals (colours, digits). The model never saw them.',
      pictures: section(SWITCHES, controller, MOST_SWITCHES, switchPicture),
    },
    {
      title: 'How the switch was found',
      about:
        'Held-out episodes, stage by stage. Bars: how far the base’s residual moves with each step; from the dashed line on a move is a moment. Below, for each stage of discovery: rings are the moments that the embedder was shown, discs the steps at which its own switch opened (the first step opens always, and the end is always shown: neither is drawn). The true subgoals (colours, digits) are what both are measured against, and no stage saw them.',
      pictures: section(STAGES, controller, MOST_STAGED, stagePicture),
    },
    {
      title: 'Episodes',
      about: `The first episodes that runs sampled when they were measured, whether solved or not, some of each method and each run. ${EPISODE_LEGEND.join(' ')}`,
      pictures: section(EPISODES, (run) => player(run, kinds.get(run)), MOST_EPISODES, episodePicture),
      small: true,
      played: true,
    },
  ];
}
