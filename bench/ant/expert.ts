/**
 * How often the ant's expert does its tasks, and how long it takes.
 *
 *     npm run ant:expert -- [--episodes 1000] [--seed 1] [--out docs/results/ant/expert.json]
 *
 * Episodes are those that demonstrations are made of: the first so many of a seed, whether they succeed or not. What is
 * in the file already, of the same settings, is not measured again.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { GRID_MINI, type RecordedTrajectories, resultOf } from '@coxswain/envs';
import { antPinpad } from '@coxswain/envs-ant/node';

const { values } = parseArgs({
  options: {
    episodes: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string' },
  },
});
const [episodes, seed] = [Number(values.episodes), Number(values.seed)];

const TASKS: Readonly<Record<string, readonly string[]>> = { pretraining: GRID_MINI.pretraining, '0123': ['0123'] };
/** Standard deviations of the noise on torques. */
const NOISES = [0, 0.1];

const settingsOf = (preset: string) => antPinpad.settings.parse(antPinpad.presets?.[preset]) as object;

function measure(preset: string, which: string, noise: number) {
  const world = settingsOf(preset);
  const settings = world as never;
  const { horizon } = antPinpad.defaults(settings);
  const tasks = TASKS[which].map((text) => antPinpad.task(settings, text));
  const how = { tasks, horizon, count: episodes, seed, noise };
  const { recording } = resultOf(antPinpad.demonstrations!(settings, how)) as RecordedTrajectories;
  const lengths = Array.from(recording.length.subarray(0, recording.episode?.filter((number) => number < episodes).length));
  lengths.sort((a, b) => a - b);
  const at = (share: number): number => lengths[Math.floor(share * (lengths.length - 1))];
  const success = lengths.length / episodes;
  return {
    preset,
    tasks: which,
    noise,
    horizon,
    episodes,
    seed,
    success,
    steps: { median: at(0.5), ninety: at(0.9), most: at(1) },
    world,
  };
}

type Row = ReturnType<typeof measure>;

const rows: Row[] = values.out && existsSync(values.out) ? JSON.parse(readFileSync(values.out, 'utf8')).rows : [];
const command = `npm run ant:expert -- --episodes ${episodes} --seed ${seed} --out ${values.out}`;
for (const noise of NOISES)
  for (const preset of ['ant-paper', 'ant-mini'])
    for (const tasks of Object.keys(TASKS)) {
      const wanted = { preset, tasks, noise, episodes, seed, world: settingsOf(preset) };
      if (rows.some((row) => Object.entries(wanted).every(([key, value]) => isDeepStrictEqual(row[key as keyof Row], value)))) continue;
      rows.push(measure(preset, tasks, noise));
      console.log(JSON.stringify(rows.at(-1)));
      if (!values.out) continue;
      mkdirSync(dirname(values.out), { recursive: true });
      writeFileSync(values.out, `${JSON.stringify({ command, rows }, null, 1)}\n`);
    }
process.exit(0);
