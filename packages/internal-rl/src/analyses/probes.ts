/** Linear read-outs of the current subgoal from the residual stream, by layer and by time within the subgoal (§3). */
import { gather, labelsOf, sequenceBatch, type TrajectoryBatch } from '@coxswain/envs';
import {
  type Analysis,
  BASE_INPUT,
  type Base,
  byLength,
  chartOf,
  demonstrations,
  highest,
  loadBase,
  rowsOf,
  shown,
  tableOf,
  worldOf,
} from '@coxswain/lab';
import { fitReadout } from '@coxswain/metacontroller';
import { type Device, noGrad, type Tensor } from '@coxswain/tensor';
import { spaceTensors, writeValues } from '@coxswain/transformer';

/** Steps within a subgoal that are told apart; later ones count as the last. */
const STEPS = 6;

/** Residual streams of a batch at all depths, `[depth + 1][batch·time, width]`. */
async function streams({ model }: Base, device: Device, episodes: TrajectoryBatch): Promise<Float32Array[]> {
  const { batch, time, observation } = sequenceBatch(episodes);
  const seen: Tensor[] = [];
  const hooks = Array.from({ length: model.config.depth + 1 }, (_, layer) => ({ layer, read: (e: Tensor) => void seen.push(e) }));
  const shown = spaceTensors(device, model.config.observation, batch * time);
  writeValues(shown, observation);
  noGrad(() => model.blocks(model.embed(shown), { batch, time }, 0, model.config.depth, hooks));
  return (await device.read(seen)) as Float32Array[];
}

/** Steps since the subgoal began, of each step of a batch; −1 in the padding. */
function stepWithin({ size, steps, mask }: TrajectoryBatch, subgoal: Int16Array): Int16Array {
  const within = new Int16Array(size * steps).fill(-1);
  for (let i = 0; i < size; i++)
    for (let t = 0; t < steps && mask[i * steps + t]; t++) {
      const at = i * steps + t;
      within[at] = t > 0 && subgoal[at] === subgoal[at - 1] ? within[at - 1] + 1 : 0;
    }
  return within;
}

export const probesAnalysis: Analysis = {
  name: 'probes',
  about: 'Which layer of the base model knows the current subgoal: linear read-outs by layer and time.',
  answer: (found) => {
    const rows = rowsOf(found);
    const best = highest(rows, 'All steps');
    return [`Read best after layer ${best?.Layer}: ${shown(best?.['All steps'])} of the steps (layer 0: ${shown(rows[0]['All steps'])}).`];
  },
  sections: ['world', 'model', 'discover'],
  needs: ['demonstrations', 'goals', 'events'],
  inputs: [BASE_INPUT],
  parts: () => 1,
  async run({ config, seed, device, inputs, part }) {
    const colours = worldOf(config).spaces.events.length;
    const { width, depth } = config.model;
    const { accuracy, byStep } = await part(async () => {
      const base = loadBase(device, inputs.base);
      const heldOut = demonstrations(config, 'heldOut', seed, config.discover.evaluationEpisodes, config.discover);
      const vectors: number[][] = Array.from({ length: depth + 1 }, () => []);
      const labels: number[] = [];
      const steps: number[] = [];
      for (const index of byLength(heldOut)) {
        using _scope = device.scope();
        const episodes = gather(heldOut, index);
        const goals = heldOut.goal ? labelsOf(episodes, heldOut.goal) : new Int16Array(episodes.size * episodes.steps);
        const within = stepWithin(episodes, goals);
        const seen = await streams(base, device, episodes);
        for (let at = 0; at < within.length; at++) {
          if (within[at] < 0) continue;
          labels.push(goals[at]);
          steps.push(Math.min(STEPS - 1, within[at]));
          for (let layer = 0; layer <= depth; layer++) for (let j = 0; j < width; j++) vectors[layer].push(seen[layer][at * width + j]);
        }
      }
      base.dispose();
      const results = vectors.map((of) => accuracyOf(of, width, labels, steps, colours));
      return { accuracy: results.map(({ all }) => all), byStep: results.map((result) => result.byStep) };
    });
    return {
      title: 'Probes: which layer knows the subgoal',
      about: `A ridge regression from the residual stream to the true subgoal (${colours} colours, chance ${(1 / colours).toFixed(2)}), fitted on every other step of held-out clean demonstrations and tested on the rest. The second chart takes the steps of a subgoal apart.`,
      paper:
        'Accuracy rises to mid-depth and stays there: from about 30 % to about 50 % at the middle of 6 layers, higher late in a subgoal (§3; G 7, 8 colours, width 256).',
      charts: [
        chartOf(
          'Subgoal read from the residual stream',
          'Share of steps whose subgoal is read right.',
          'layer',
          [['accuracy', accuracy.map((y, layer) => [layer, y])]],
          [{ label: 'chance', y: 1 / colours }],
        ),
        chartOf(
          'The same by time within the subgoal',
          `Steps since the subgoal began; ${STEPS - 1} stands for all later ones.`,
          'steps since the subgoal began',
          byStep.map((of, layer) => [`layer ${layer}`, of.map((y, step) => [step, y])]),
        ),
      ],
      tables: [
        tableOf(
          'Accuracy by layer and step',
          'Columns: steps since the subgoal began.',
          ['Layer', 'All steps', ...Array.from({ length: STEPS }, (_, step) => (step === STEPS - 1 ? `${step}+` : String(step)))],
          accuracy.map((all, layer) => [layer, all, ...byStep[layer]]),
          0,
        ),
      ],
    };
  },
};

function accuracyOf(vectors: readonly number[], width: number, labels: readonly number[], steps: readonly number[], classes: number) {
  const rows = [...labels.keys()];
  const [fitted, tested] = [rows.filter((row) => row % 2 === 0), rows.filter((row) => row % 2 === 1)];
  const readout = fitReadout(
    fitted.flatMap((row) => vectors.slice(row * width, (row + 1) * width)),
    width,
    fitted.map((row) => labels[row]),
    classes,
  );
  const right = new Float64Array(STEPS);
  const count = new Float64Array(STEPS);
  for (const row of tested) {
    count[steps[row]]++;
    if (readout.predict(vectors, row) === labels[row]) right[steps[row]]++;
  }
  return { all: right.reduce((a, b) => a + b) / tested.length, byStep: Array.from(right, (r, step) => r / Math.max(1, count[step])) };
}
