/** Where the base's residual jumps, by layer: what view `jumps` would show, against what only the labels tell. */
import { skillsOf, type Trajectories } from '@coxswain/envs';
import {
  type Analysis,
  BASE_INPUT,
  type Config,
  chartOf,
  demonstrations,
  highest,
  loadBase,
  rowsOf,
  shown,
  tableOf,
  worldOf,
} from '@coxswain/lab';
import { separationOf } from '../moments/moment-rule.js';
import { jumpsOf } from '../moments/moments.js';
import { type Told, thresholdOf, toldBy } from './told-by-jumps.js';

/** Steps before and after the end of a skill that jumps are averaged over. */
const AROUND = 4;

/** Whether something ends with each step of the episodes but their last, one episode after the other. */
function endings(
  { goal: subgoal = new Int16Array(0), length, horizon, count }: Trajectories,
  kindOf: (subgoal: number) => number,
): boolean[] {
  const ends: boolean[] = [];
  for (let i = 0; i < count; i++)
    for (let t = 1; t < length[i]; t++) {
      const at = i * horizon + t;
      ends.push(kindOf(subgoal[at]) !== kindOf(subgoal[at - 1]));
    }
  return ends;
}

/** The mean jump so many steps from an ending, over the mean of all. */
function around(jumps: readonly Float32Array[], ends: readonly boolean[]): [offset: number, mean: number][] {
  const sums = Array.from({ length: 2 * AROUND + 1 }, () => ({ sum: 0, count: 0 }));
  let [at, all, steps] = [0, 0, 0];
  for (const own of jumps) {
    const inner = own.length - 1;
    for (let k = 0; k < inner; k++) {
      all += own[k];
      steps++;
      if (!ends[at + k]) continue;
      for (let offset = Math.max(-AROUND, -k); offset <= AROUND && k + offset < inner; offset++) {
        sums[offset + AROUND].sum += own[k + offset];
        sums[offset + AROUND].count++;
      }
    }
    at += inner;
  }
  const mean = all / Math.max(1, steps);
  return sums.flatMap(({ sum, count }, i) => (count > 0 ? [[i - AROUND, sum / count / mean] as [number, number]] : []));
}

interface Layer {
  readonly layer: number;
  /** Ashman's D of the two kinds of jumps. */
  readonly separation: number;
  readonly colours: Told;
  readonly skills: Told;
  readonly aroundColours: readonly [number, number][];
  readonly aroundSkills: readonly [number, number][];
}

/** With which steps a colour ends, and with which a skill. */
interface Endings {
  readonly colours: readonly boolean[];
  readonly skills: readonly boolean[];
}

/** What one layer's jumps tell. */
function measured(layer: number, jumps: readonly Float32Array[], ends: Endings, rule: Config['discover']): Layer {
  const inner = jumps.flatMap((own) => [...own.subarray(0, own.length - 1)]);
  // The rule reads the jumps of all steps, as discovery does.
  const all = Float32Array.from(jumps.flatMap((own) => [...own]));
  const threshold = thresholdOf(all, rule);
  return {
    layer,
    separation: separationOf(all),
    colours: toldBy(inner, ends.colours, threshold),
    skills: toldBy(inner, ends.skills, threshold),
    aroundColours: around(jumps, ends.colours),
    aroundSkills: around(jumps, ends.skills),
  };
}

export const jumpsAnalysis: Analysis = {
  name: 'jumps',
  about: 'Where the base’s own residual jumps, by layer, against the ends of subgoals: what view jumps would show.',
  answer: (found) => {
    const best = highest(rowsOf(found), 'AUC, colours');
    const { Layer: layer, D, 'AUC, colours': colours, 'AUC, skills': skills } = best ?? {};
    return [
      `Colours are told best after layer ${layer} (area under the curve ${shown(colours)}; ends of skills ${shown(skills)}; D ${shown(D)}).`,
    ];
  },
  sections: ['world', 'model', 'discover'],
  needs: ['demonstrations', 'goals'],
  inputs: [BASE_INPUT],
  parts: () => 1,
  async run({ config, seed, device, inputs, part }) {
    const { tasks, spaces } = worldOf(config);
    const skill = skillsOf(
      tasks.map(({ events }) => events),
      spaces.events.length,
    );
    const layers = await part(async () => {
      const base = loadBase(device, inputs.base);
      const heldOut = demonstrations(config, 'heldOut', seed, config.discover.evaluationEpisodes, config.discover);
      const ends = { colours: endings(heldOut, (colour) => colour), skills: endings(heldOut, (colour) => skill[colour]) };
      const found: Layer[] = [];
      for (let layer = 0; layer <= config.model.depth; layer++)
        found.push(measured(layer, await jumpsOf(base, layer, heldOut), ends, config.discover));
      base.dispose();
      return found;
    });
    const skills = new Set(skill).size;
    const chosen = layers.reduce((best, layer) => (layer.colours.area > best.colours.area ? layer : best));
    return {
      title: 'Jumps: when the base itself changes its mind',
      about: `How far the base’s normalised residual moves with each step of held-out demonstrations, ‖LN(e_t) − LN(e_t−1)‖, against the steps with which a subgoal ends (a colour) and those with which a skill ends (${skills === skill.length ? 'the same here: each colour is a skill' : `${skills} skills: colours that the tasks show together only`}). An episode’s last step counts as neither. Labels measure; the rule that chooses moments reads the jumps alone.`,
      paper: 'Nothing of the kind: its encoder sees whole episodes.',
      charts: [
        chartOf(
          'How well a jump tells an ending',
          'Area under the curve of hits against false alarms, over all thresholds.',
          'layer',
          [
            ['colours', layers.map(({ layer, colours }) => [layer, colours.area])],
            ['skills', layers.map((layer) => [layer.layer, layer.skills.area])],
          ],
          [{ label: 'chance', y: 0.5 }],
        ),
        chartOf(
          `Jumps around an ending, layer ${chosen.layer}`,
          'Mean jump over the mean of all; 0 is the step that ends it.',
          'steps from the ending',
          [
            ['colours', chosen.aroundColours],
            ['skills', chosen.aroundSkills],
          ],
          [{ label: 'mean', y: 1 }],
        ),
      ],
      tables: [
        tableOf(
          'Jumps by layer',
          'D: Ashman’s, of two Gaussians over the logarithms of the jumps (two kinds are told apart from 2 on). Share, precision and recall: of the moments that the rule of discover.momentRule shows, a dash where it refuses the layer.',
          [
            'Layer',
            'D',
            'Share shown',
            'AUC, colours',
            'Precision, colours',
            'Recall, colours',
            'AUC, skills',
            'Precision, skills',
            'Recall, skills',
          ],
          layers.map(({ layer, separation, colours, skills: of }) => [
            layer,
            separation,
            colours.share,
            colours.area,
            colours.precision,
            colours.recall,
            of.area,
            of.precision,
            of.recall,
          ]),
          0,
        ),
      ],
    };
  },
};
