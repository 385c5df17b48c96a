/** Sections of a report with pictures of single episodes. */
import { listOf, type PictureSection, type StoredRun } from '@coxswain/lab';
import { EPISODE_LEGEND, episodePicture } from '../grid/draw.js';
import { EPISODES } from './shown-episodes.js';
import { stagePicture } from './stages.js';
import { switchPicture } from './switches.js';
import { STAGES, SWITCHES } from './traces.js';

/** Pictures shown at most: more would not say more. */
const MOST_SWITCHES = 8;
const MOST_STAGED = 6;
const MOST_EPISODES = 12;

/** The switch, how it was found, and how tasks were played. */
export const picturesOf = (runs: readonly StoredRun[]): readonly PictureSection[] => [
  {
    title: 'The switch',
    about:
      'β at each step of held-out episodes (bars; strong where it is at least 0.5 and a new code begins) over the true subgoals (colours, digits). The model never saw them.',
    pictures: runs
      .flatMap((run) => listOf(run, SWITCHES))
      .slice(0, MOST_SWITCHES)
      .map(switchPicture),
  },
  {
    title: 'How the switch was found',
    about:
      'Held-out episodes, stage by stage. Bars: how far the base’s residual moves with each step; from the dashed line on a move is a moment. Below, for each stage of discovery: rings are the moments that the embedder was shown, discs the steps at which its own switch opened (the first step opens always, and the end is always shown: neither is drawn). The true subgoals (colours, digits) are what both are measured against, and no stage saw them.',
    pictures: runs
      .flatMap((run) => listOf(run, STAGES))
      .slice(0, MOST_STAGED)
      .map(stagePicture),
  },
  {
    title: 'Episodes',
    about: EPISODE_LEGEND.join(' '),
    pictures: runs
      .flatMap((run) => listOf(run, EPISODES))
      .slice(0, MOST_EPISODES)
      .map(episodePicture),
    small: true,
  },
];
