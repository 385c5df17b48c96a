/** What a report says first is what its tables say, of whom it is, and no number that no run has. */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { episodePicture, labelsOf, METRICS, type SwitchTrace } from '@coxswain/internal-rl';
import { collectReport, findRuns, identify, override, preset, type ReportData, RunFolder, settingDifferences } from '@coxswain/lab';
import { renderReport } from '@coxswain/lab/draw';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SYSTEM_REPORTS } from '../src/lists.js';
import { EPISODES_SHOWN } from './sample-report.js';

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'coxswain-story-'));
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

interface Made {
  readonly phase?: string;
  readonly seed: number;
  readonly controller?: number;
  readonly set?: readonly string[];
  readonly success?: number;
  readonly episodes?: number;
}

/** A finished run: with a success rate, and batches that were solved more often than that while it learned. */
function store(name: string, { phase = 'reinforce', seed, controller, set = [], success, episodes = 0 }: Made): RunFolder {
  const config = preset('grid-mini');
  for (const assignment of set) override(config, assignment);
  const input = (of: string, its: number) => ({ phase: of, seed: its, sha256: `${of}${its}` });
  const inputs = {
    base: input('pretrain', 1),
    ...(controller === undefined ? {} : { controller: input('discover', controller) }),
  };
  const run = new RunFolder(join(root, name), identify({ phase, preset: 'grid-mini', seed, config, inputs }), `coxswain ${phase}`);
  if (success !== undefined) {
    for (const step of [1, 2]) run.metrics.write(step, { [METRICS.episodes]: step * 512, [METRICS.episodicReturn]: success + 0.1 });
    const labels =
      phase === 'supervise'
        ? { method: 'supervised', view: null, baseSeed: 1, controllerSeed: null, rlSeed: seed }
        : labelsOf({ seed, config, inputs });
    run.writeArtifact('result.json', { rows: [{ ...labels, task: '0123', episodes: 1024, success }], evaluationEpisodes: 2048 });
  }
  const drawn = Array.from({ length: episodes }, (_, i) => ({ ...EPISODES_SHOWN[0], title: `0123, episode ${i + 1}` }));
  if (episodes > 0) run.writeArtifact('episodes.json', drawn);
  run.close();
  return run;
}

const report = (): ReportData => collectReport(findRuns(root), SYSTEM_REPORTS, { title: 'T', smoothing: 5 });
const RAW = ['reinforce.method=raw'];
const tableOf = (data: ReportData, title: string) => data.tables.find((table) => table.title === title)?.rows;

describe('the front of a report', () => {
  beforeEach(() => {
    store('internal-1', { seed: 1, controller: 1, success: 0 });
    store('internal-2', { seed: 2, controller: 2, success: 0.435 });
    store('raw', { seed: 1, set: RAW, success: 0 });
    store('supervised', { phase: 'supervise', seed: 1, success: 0.812 });
  });

  it('says in a sentence what happened, run by run where runs differ', () => {
    expect(report().story).toEqual([
      'Of sampled episodes of 0123, Internal RL, event-free solved none with controller 1, RL 1 and 43.5 % with controller 2, RL 2; ' +
        'Raw-action RL solved none; Labelled controllers (the bound that labels give) solved 81.2 %.',
    ]);
  });

  it('has the numbers of the table, not those of the batches learned from, and one of the labelled bound', () => {
    const data = report();
    expect(data.tiles.map(({ value }) => value)).toEqual(['0 and 0.435', '0', '0.812']);
    expect(tableOf(data, 'Success, summary')?.map((row) => row.at(-1))).toEqual(['0, 0.435', '0', '0.812']);
    expect(data.tiles[2].told).toBe('Labelled controllers on 0123: the bound that labels give; 95 % interval 0.795 to 0.828');
    const html = renderReport(data);
    for (const { value } of data.tiles) expect(html).toContain(`<b>${value}</b>`);
  });

  it('has no median of two runs, which neither of them has', () => {
    expect(tableOf(report(), 'Success, summary')?.map((row) => row.slice(3, 7))).toEqual([
      [2, null, null, null],
      [1, null, null, null],
      [1, null, null, null],
    ]);
    expect(renderReport(report())).not.toContain('0.217');
  });

  it('has the median of three, as the table has', () => {
    store('internal-3', { seed: 3, controller: 3, success: 0.2 });
    const data = report();
    expect(data.tiles[0]).toMatchObject({ value: '0.200', runs: ['internal-1', 'internal-2', 'internal-3'] });
    expect(data.tiles[0].told).toContain('median of 3 runs');
    expect(tableOf(data, 'Success, summary')?.[0].slice(3)).toEqual([3, 0.2, 0.1, 0.3175, '0, 0.435, 0.200']);
  });

  it('says between what many runs lie, and does not call a number none', () => {
    for (const seed of [3, 4, 5]) store(`internal-${seed}`, { seed, controller: seed, success: 0 });
    expect(report().story[0]).toContain('Internal RL, event-free solved between 0 % and 43.5 % in 5 runs (median 0 %);');
  });

  it('takes no median over runs of different kinds, and says in what they differ', () => {
    store('internal-3', { seed: 3, controller: 3, success: 0.2, set: ['reinforce.temperature=2'] });
    const data = report();
    const labels = tableOf(data, 'Success, summary')?.map(([label, , , runs]) => [label, runs]);
    expect(labels?.slice(0, 2)).toEqual([
      ['Internal RL, event-free, reinforce.temperature=0.5', 2],
      ['Internal RL, event-free, reinforce.temperature=2', 1],
    ]);
    expect(data.learning.map(({ label }) => label)).toContain('Internal RL, event-free, reinforce.temperature=2');
    expect(settingDifferences(findRuns(root))).toContainEqual({
      phase: 'reinforce',
      setting: 'reinforce.temperature',
      values: [
        { value: '0.5', runs: ['internal-1', 'internal-2', 'raw'] },
        { value: '2', runs: ['internal-3'] },
      ],
    });
  });

  it('counts the models that its runs started from, wherever they were trained', () => {
    const facts = () => Object.fromEntries(report().facts.map(({ label, value }) => [label, value]));
    expect(facts()).toMatchObject({
      'sequence models': '1, trained elsewhere',
      metacontrollers: '2, trained elsewhere',
      world: 'gridworld-pinpad',
    });
    store('controller', { phase: 'discover', seed: 2 });
    expect(facts()).toMatchObject({ metacontrollers: '2, 1 trained elsewhere' });
  });

  it('says how many runs have no result yet', () => {
    store('learning', { seed: 9, controller: 1 });
    expect(report().story.at(-1)).toBe('1 run is still learning, and not measured yet.');
  });

  it('says when, how long and on what its runs ran, from what they stored', () => {
    const lines = (name: string, ...of: object[]) =>
      fs.writeFileSync(join(root, 'raw', name), of.map((line) => `${JSON.stringify(line)}\n`).join(''));
    lines('environment.jsonl', { started: '2026-11-28T15:04:18.527Z', adapter: 'A' }, { started: '2026-11-29T01:00:00Z', adapter: 'A' });
    lines('timing.jsonl', { step: 1, seconds: 40 }, { step: 2, seconds: 90 }, { step: 2, seconds: 30 });
    const run = report().runs.find(({ name }) => name === 'raw');
    expect(run).toMatchObject({ started: '2026-11-28T15:04:18.527Z', seconds: 120, adapters: ['A'], from: 'base 1' });
    expect(renderReport(report())).toContain('<td>2026-11-28 15:04 UTC</td><td>2 min 00 s</td><td>A</td>');
  });
});

describe('pictures', () => {
  const pictures = (title: string) => report().pictures.find((section) => section.title === title)?.pictures ?? [];

  it('of episodes are named after who played them, and none of the methods is crowded out', () => {
    store('a-raw', { seed: 1, set: RAW, success: 0, episodes: 12 });
    store('b-raw', { seed: 2, set: RAW, success: 0, episodes: 12 });
    store('z-internal', { seed: 3, controller: 2, success: 1, episodes: 12 });
    const shown = pictures('Episodes');
    expect(shown).toHaveLength(12);
    const of = (run: string) => shown.filter((one) => one.run === run).map(({ outcome }) => outcome?.title);
    expect(of('z-internal').length).toBe(6);
    expect(of('z-internal')[0]).toBe('Internal RL, event-free (base 1, controller 2, RL 3): 0123, episode 1');
    expect([of('a-raw').length, of('b-raw').length]).toEqual([3, 3]);
  });

  it('of a switch name its controller, not the seed of the analysis that drew it', () => {
    const trace: SwitchTrace = { title: 'seed 7, episode 60', subgoals: [1, 1], beta: [1, 0] };
    const run = new RunFolder(
      join(root, 'switches'),
      identify({
        phase: 'analyse-switches',
        preset: 'grid-mini',
        seed: 7,
        config: preset('grid-mini'),
        inputs: { base: { phase: 'pretrain', seed: 1, sha256: 'a' }, controller: { phase: 'discover', seed: 2, sha256: 'b' } },
      }),
      'coxswain analyse switches',
    );
    run.writeArtifact('switches.json', [trace]);
    run.close();
    const [drawn] = pictures('The switch');
    expect(drawn.caption).toBe('Metacontroller, base 1, controller 2: episode 60');
    expect(drawn.svg).not.toContain('seed 7');
  });

  it('show a diamond beside the disc that lies in it', () => {
    // The first colour is reached at step 1; a code begins there, one in an empty cell, and one at the start.
    const { svg } = episodePicture({ ...EPISODES_SHOWN[0], switches: [0, 1, 2] });
    const halves = [...svg.matchAll(/class="code" data-step="(\d)" d="M([\d.]+),[\d.]+L([\d.]+)/g)].map(([, step, x, right]) => [
      Number(step),
      Number(right) - Number(x),
    ]);
    const disc = Number(/class="badge"[^>]* r="([\d.]+)"/.exec(svg)?.[1]);
    expect(halves.map(([step]) => step)).toEqual([0, 1, 2]);
    // A disc inside a diamond touches its sides at the half over √2.
    expect(halves[1][1] / Math.SQRT2).toBeGreaterThan(disc);
    expect(halves[2][1]).toBeLessThan(halves[1][1]);
    expect(svg).toContain('<title>new code at step 1</title>');
    expect(svg).toContain('<title>visit 1: colour 0 at step 1</title>');
  });

  it('that are played say at each step which code is held and what it reached', () => {
    const { steps } = episodePicture({ ...EPISODES_SHOWN[0], switches: [0, 3] });
    expect(steps?.[0]).toBe('step 0 of 10: β 1, a new code; code 1 of 2 is held from step 0 to 3, it reached 0');
    expect(steps?.[4]).toBe('step 4 of 10: β 0; code 2 of 2 is held from step 3 to 10, it reached 1, 2, 3');
    expect(steps?.[10]).toBe('step 10 of 10: the end');
    expect(steps).toHaveLength(11);
  });
});
