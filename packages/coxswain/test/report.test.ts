import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { episodePicture, labelsOf, METRICS, methodLabel, segments, standaloneStages, visits } from '@coxswain/internal-rl';
import {
  collectReport,
  curvesByMethod,
  findRuns,
  identify,
  preset,
  type ReportData,
  type ResultRow,
  RunFolder,
  rowsToJson,
  share,
  short,
  smooth,
  sortRows,
  spread,
  summarise,
  tablesToMarkdown,
  valueAt,
} from '@coxswain/lab';
import { renderReport, SCRIPT } from '@coxswain/lab/draw';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../src/command/main.js';
import { SYSTEM_REPORTS } from '../src/lists.js';
import { EPISODES_SHOWN, SAMPLE, STAGE_TRACES, SWITCH_TRACES } from './sample-report.js';

const EMPTY: ReportData = {
  title: 'Nothing',
  lead: '',
  story: [],
  tiles: [],
  facts: [],
  learning: [],
  smoothing: 1,
  training: [],
  pictures: [],
  findings: [],
  tables: [],
  runs: [],
  differences: [],
};

/** Every opened tag is closed in order; the report writes no void elements but `meta`. */
function expectWellFormed(html: string): void {
  const open: string[] = [];
  for (const [, closing, name] of html.replace(/<(style|script)>[\s\S]*?<\/\1>/g, '').matchAll(/<(\/?)([a-z][a-z0-9]*)(?:\s[^<>]*)?>/gi)) {
    if (closing) expect(open.pop(), `</${name}>`).toBe(name);
    else if (name !== 'meta') open.push(name);
  }
  expect(open).toEqual([]);
}

describe('the report', () => {
  const html = renderReport(SAMPLE);

  it('refers to nothing outside itself, and runs nothing but its own script', () => {
    expect(html).not.toMatch(/\b(?:https?:|file:|src=|href=(?!"#)|url\(|@import|<link|<iframe|fetch\(|import\()|"data:/i);
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).toContain(`<script>${SCRIPT}</script>`);
    expect(SCRIPT).not.toMatch(/<\/|innerHTML|XMLHttpRequest|WebSocket|eval|Function/);
  });

  it('has a list of contents whose links lead somewhere', () => {
    const links = [...html.matchAll(/href="#([^"]*)"/g)].map(([, name]) => name);
    expect(links.length).toBe(html.match(/<section/g)?.length);
    expect(new Set(links).size).toBe(links.length);
    for (const name of links) expect(html).toContain(`<section id="${name}">`);
  });

  it('is well formed, and escapes what comes from data', () => {
    expectWellFormed(html);
    expect(html).toContain('<title>Sample &lt;report&gt; &amp; &quot;quotes&quot;</title>');
    expect(html).not.toContain('<report>');
  });

  it('draws no NaN', () => {
    expect(html).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('shows every part', () => {
    for (const heading of ['Learning', 'The switch', 'How the switch was found', 'Episodes', 'Training', 'Success, every run'])
      expect(html).toContain(`<h2>${heading}</h2>`);
    expect(html.match(/<g [^>]*class="run-\d"/g)).toHaveLength(2 * SAMPLE.learning.length);
    expect(html).toContain('linear axis');
    expect(html).toContain('log axis');
  });

  it('describes every picture', () => {
    for (const [picture] of html.matchAll(/<svg [^>]*>/g)) expect(picture).toMatch(/aria-label="[^"]+"|aria-hidden/);
  });

  it('can be empty, or hold runs of a single point', () => {
    expectWellFormed(renderReport(EMPTY));
    const [run] = SAMPLE.learning;
    const one = renderReport({ ...EMPTY, learning: [{ ...run, points: [{ episodes: 512, success: 0 }] }] });
    expectWellFormed(one);
    expect(one).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('adapts to dark and light', () => {
    expect(html).toContain('prefers-color-scheme:dark');
  });
});

describe('curves', () => {
  const line = (...values: number[]) => values.map((y, x) => ({ x, y }));

  it('are smoothed over the points before', () => {
    expect(smooth(line(0, 2, 4, 6), 2).map(({ y }) => y)).toEqual([0, 1, 3, 5]);
    expect(smooth(line(1, 2), 1)).toEqual(line(1, 2));
  });

  it('are read between points', () => {
    expect([0, 0.5, 1, 1.75, 2].map((x) => valueAt(line(0, 10, 30), x))).toEqual([0, 5, 10, 25, 30]);
  });

  it('have their median and quartiles where all of them are', () => {
    const runs = [line(0, 1, 2, 3), line(0, 2, 4), line(0, 3, 6), line(0, 4, 8), line(0, 5, 10)];
    const summary = summarise(runs);
    expect(summary.map(({ x }) => x)).toEqual([0, 1, 2]);
    expect(summary[2]).toEqual({ x: 2, low: 4, mid: 6, high: 8 });
  });

  it('are grouped by what they are called', () => {
    const [internal] = SAMPLE.learning;
    const groups = curvesByMethod([...SAMPLE.learning, { ...internal, label: methodLabel({ method: 'internal', view: 'symmetry' }) }], 5);
    expect(groups.map(({ label, runs }) => [label, runs.length])).toEqual([
      ['Internal RL, touches', 4],
      ['Raw-action RL', 4],
      ['Internal RL, symmetry', 1],
    ]);
  });

  it('are grouped by the episodes of their schedules where these differ', () => {
    const [internal] = SAMPLE.learning;
    const groups = curvesByMethod([...SAMPLE.learning, { ...internal, planned: 148_480 }], 5);
    expect(groups.map(({ label, runs }) => [label, runs.length])).toEqual([
      ['Internal RL, touches, 61 440 episodes', 4],
      ['Internal RL, touches, 148 480 episodes', 1],
      ['Raw-action RL', 4],
    ]);
  });

  it('have labels that do not cover each other', () => {
    expect(spread([10, 11, 50], 15)).toEqual([10, 25, 50]);
    expect(spread([11, 10], 15)).toEqual([25, 10]);
  });
});

describe('pictures', () => {
  it('cut subgoals into stretches', () => {
    expect(segments([1, 1, 2, 1])).toEqual([
      { from: 0, to: 2, colour: 1 },
      { from: 2, to: 3, colour: 2 },
      { from: 3, to: 4, colour: 1 },
    ]);
    expect(segments([])).toEqual([]);
  });

  it('count a visit only on entering a coloured cell', () => {
    const [episode] = EPISODES_SHOWN;
    expect(visits(episode).map(({ colour }) => colour)).toEqual([0, 1, 2, 3]);
    expect(visits({ ...episode, path: [1, 1, 0, 1] })).toEqual([{ step: 3, colour: 0 }]);
  });

  it('say in words what happened', () => {
    expect(episodePicture(EPISODES_SHOWN[1]).caption).toBe('Not solved in 2 steps; task 0123, visited 3.');
  });

  it('write numbers for people', () => {
    expect([65_000, 1_500_000, 0.25, 0].map(short)).toEqual(['65 k', '1.5 M', '0.25', '0']);
    expect([0, 0.62345, 0.00004].map(share)).toEqual(['0', '0.623', '4.0e-5']);
  });
});

describe('results', () => {
  const row = (change: Partial<ResultRow>): ResultRow => ({
    method: 'internal',
    view: 'touches',
    baseSeed: 0,
    controllerSeed: 1,
    rlSeed: 0,
    task: '0123',
    episodes: 61440,
    success: 0.6,
    ...change,
  });

  it('are rows of exactly the agreed fields, in reading order', () => {
    const rows = [
      row({ method: 'raw', view: null, controllerSeed: null, success: 0 }),
      row({ rlSeed: 10 }),
      row({ rlSeed: 9 }),
      row({ baseSeed: 1 }),
    ];
    expect(sortRows(rows).map(({ method, baseSeed, rlSeed }) => [method, baseSeed, rlSeed])).toEqual([
      ['internal', 0, 9],
      ['internal', 0, 10],
      ['internal', 1, 0],
      ['raw', 0, 0],
    ]);
    const parsed = JSON.parse(rowsToJson([{ ...rows[0], extra: 1 } as ResultRow])) as Record<string, unknown>[];
    expect(Object.keys(parsed[0])).toEqual(['method', 'view', 'baseSeed', 'controllerSeed', 'rlSeed', 'task', 'episodes', 'success']);
    expect(JSON.parse(rowsToJson([]))).toEqual([]);
  });

  it('are Markdown that a bar cannot break', () => {
    const table = {
      title: 'T',
      about: 'A',
      columns: [
        { label: 'x', numeric: false },
        { label: 'y', numeric: true },
      ],
      rows: [
        ['a|b', 0.25],
        ['coxswain pretrain', null],
      ],
    };
    expect(tablesToMarkdown('Page', 'Lead', [table])).toBe(
      '# Page\n\nLead\n\n## T\n\nA\n\n| x | y |\n| --- | ---: |\n| a\\|b | 0.250 |\n| `coxswain pretrain` | – |\n',
    );
  });
});

it('stages are drawn by themselves: each moment as a ring, each switch as a disc, no end and no first step', () => {
  const drawn = standaloneStages(STAGE_TRACES);
  expectWellFormed(drawn);
  expect(drawn).not.toMatch(/NaN|undefined|Infinity/);
  const [staged, random] = STAGE_TRACES;
  expect(drawn.match(/class="shown"/g)).toHaveLength(3 + 3 + 1);
  expect(drawn.match(/class="opened"/g)).toHaveLength(3 + 2 + 0);
  expect(drawn.match(/class="beta( open)?"/g)).toHaveLength(staged.subgoals.length - 1);
  for (const { title } of [staged, random]) expect(drawn).toContain(title);
  expect(standaloneStages([])).toMatch(/^<svg /);
});

describe('a report of stored runs', () => {
  let root: string;
  const input = (phase: string, seed: number) => ({ phase, seed, sha256: 'ab' });
  const store = (name: string, phase: string, seed: number, method: 'internal' | 'raw', fill: (run: RunFolder) => void) => {
    const config = preset('grid-mini');
    config.reinforce.method = method;
    const withCodes = phase === 'reinforce' && method === 'internal';
    const inputs = phase === 'pretrain' ? {} : { base: input('pretrain', 3), ...(withCodes ? { controller: input('discover', 2) } : {}) };
    const run = new RunFolder(
      join(root, name),
      identify({ phase, preset: 'grid-mini', seed, config, inputs }),
      `coxswain ${phase} --seed ${seed}`,
    );
    fill(run);
    run.close();
  };
  beforeAll(() => {
    root = fs.mkdtempSync(join(tmpdir(), 'coxswain-report-'));
    store('base', 'pretrain', 3, 'internal', ({ metrics }) => {
      for (const step of [50, 100]) metrics.write(step, { [METRICS.actionNll]: 1 / step });
      metrics.write(100, { [METRICS.evalActionNll]: 0.73, [METRICS.bayesFloor]: 0.718, [METRICS.obeyed]: 0.987 });
    });
    store('controller', 'discover', 2, 'internal', (run) => {
      for (const step of [50, 100]) run.metrics.write(step, { [METRICS.actionNll]: 1 / step, [METRICS.switchF1Exact]: step / 100 });
      run.writeArtifact('switches.json', SWITCH_TRACES);
    });
    store('supervised', 'supervise', 5, 'internal', (run) => run.writeArtifact('result.json', { rows: [], [METRICS.nllHard]: 0.2 }));
    for (const method of ['internal', 'raw'] as const) {
      store(`rl-${method}`, 'reinforce', 7, method, (run) => {
        for (const step of [1, 2])
          run.metrics.write(step, { [METRICS.episodes]: step * 512, [METRICS.episodicReturn]: method === 'raw' ? 0 : step / 10 });
        run.writeArtifact('result.json', {
          rows: ['0123', '01230123'].map((task) => ({
            ...labelsOf(run.identity),
            task,
            episodes: 1024,
            success: method === 'raw' ? 0 : 0.8 / task.length,
          })),
        });
        run.writeArtifact('episodes.json', EPISODES_SHOWN);
      });
    }
  });
  afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

  it('finds curves, labels and tables', () => {
    const data = collectReport(findRuns(root), SYSTEM_REPORTS, { title: 'T', smoothing: 1 });
    expect(
      data.learning.map(({ label, baseSeed, controllerSeed, rlSeed, learningRate }) => ({
        label,
        baseSeed,
        controllerSeed,
        rlSeed,
        learningRate,
      })),
    ).toEqual([
      { label: 'Internal RL, event-free', baseSeed: 3, controllerSeed: 2, rlSeed: 7, learningRate: 1e-3 },
      { label: 'Raw-action RL', baseSeed: 3, controllerSeed: null, rlSeed: 7, learningRate: 1e-4 },
    ]);
    expect(data.training.map(({ title }) => title)).toEqual([
      'Pretraining: action NLL',
      'RL: return',
      'Discovery: action NLL',
      'Discovery: switch F1',
    ]);
    expect(data.training[0].references).toEqual([{ label: 'Bayes', y: 0.718 }]);
    expect(data.tables.map(({ title, rows }) => [title, rows.length])).toEqual([
      ['Success, summary', 2],
      ['Success, every run', 2],
      ['Success on a task that was not learned', 2],
      ['Metacontrollers', 1],
      ['Controllers trained with labels', 1],
      ['Sequence models', 1],
    ]);
    expect(data.tables[0].rows[0]).toEqual(['Internal RL, event-free', '0123', 1024, 1, null, null, null, '0.200']);
    expect(data.tables[2].rows[0]).toEqual(['Internal RL, event-free', '0123', '01230123', 1024, 1, null, null, null, '0.100']);
    expect(data.tables[4].rows[0]).toEqual([3, 5, 0.2, 'coxswain supervise --seed 5']);
    expect(data.pictures.map(({ title, pictures }) => [title, pictures.length])).toEqual([
      ['The switch', 3],
      ['How the switch was found', 0],
      ['Episodes', 6],
    ]);
    expectWellFormed(renderReport(data));
  });

  it('is written by the command, with rows and tables for the documentation', async () => {
    let said = '';
    const stream = { write: (text: string) => (said += text) };
    const machine = {
      stdout: stream,
      stderr: stream,
      signals: { on: () => {}, off: () => {}, exit: () => {} },
      now: () => 0,
      openDevice: () => Promise.reject(new Error('no device is needed')),
      program: [],
    };
    const [out, results] = [join(root, 'made', 'report.html'), join(root, 'made', 'grid-mini')];
    expect(await main(['report', '--runs', root, '--out', out, '--results', results], [], machine), said).toBe(0);
    expect(fs.readFileSync(out, 'utf8')).toMatch(/^<!doctype html>/);
    const rows = JSON.parse(fs.readFileSync(`${results}.json`, 'utf8')) as ResultRow[];
    expect(rows).toContainEqual({
      method: 'internal',
      view: 'event-free',
      baseSeed: 3,
      controllerSeed: 2,
      rlSeed: 7,
      task: '0123',
      episodes: 1024,
      success: 0.2,
    });
    expect(fs.readFileSync(`${results}.md`, 'utf8')).toContain('`coxswain reinforce --seed 7`');
    expect(said).toContain(out);
  });
});
