/** The ant's package: its expert, and the speed of its world. */
import { figures, NEEDED, type PageFigures } from './page.js';
import { count, f1, f2, f3, max, min, readJson, word } from './stored.js';

interface Row {
  readonly preset: string;
  readonly tasks: string;
  readonly noise: number;
  readonly success: number;
  readonly episodes: number;
  readonly steps: { readonly median: number; readonly ninety: number };
}
const rows: readonly Row[] = readJson('ant/expert.json').rows;
const { gait, measured } = readJson('ant/gait.json');
const { core, cores, memory } = readJson('ant/speed.json');
const heaps: readonly number[] = memory.samples.map(({ heap }: { heap: number }) => heap);

/** The table, a line for each field, tasks and noise. */
const table = rows.map(
  ({ preset, tasks, noise, success, steps }) =>
    figures`| \`${preset}\` | ${tasks} | ${f1(noise)} | ${f3(success)} | ${String(steps.median)} | ${String(steps.ninety)} |`,
);

export const ant: PageFigures = {
  page: 'packages/envs-ant/README.md',
  claims: [
    ...table,
    figures`over ${count(rows[0].episodes)} episodes each`,
    figures`Its ${String(Object.keys(gait).length)} numbers are what CMA-ES found`,
    figures`${word(measured.falls)} of ${String(measured.walks)} walks that the search had not seen ended in a fall`,
    figures`${count(core.whole)} steps a second, ${f2(core.ratio)} of what MuJoCo’s WASM does by itself`,
    figures`two threads ${f2(cores.byWall)} times as many as one`,
    figures`from ${f1(min(heaps))} to ${f1(max(heaps))} MiB over a million steps`,
  ],
  settings: [...NEEDED, 'The paper’s expert, trained by RL, succeeds in 0.8 of pretraining episodes and 0.7 of those of 0123'],
};
