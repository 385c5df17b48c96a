/**
 * Runs that could be taken for one another, and files that are not what a run wrote: each is refused, and nothing is
 * written anew.
 */
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pretrainPhase } from '@coxswain/imitation';
import { openModel } from '@coxswain/lab';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../src/command/main.js';
import { ask } from './ask.js';
import { codeOf, files, identity, open } from './folders.js';
import { toyDevice, toyPhase, toySequel } from './toy-phase.js';

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'coxswain-'));
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

/** A run of a seed, saved after step 1 and step 2, the first kept too. */
function half(name: string, seed: number): string {
  const path = join(root, name);
  const run = open(path, identity(seed));
  for (const step of [1, 2]) {
    run.metrics.write(step, { reward: step + seed });
    run.save(step, { files: files(step + 10 * seed) });
    if (step === 1) fs.cpSync(join(path, 'checkpoint'), join(root, `${name}-first`), { recursive: true });
  }
  run.close();
  return path;
}

/** Every file below a folder, and what is in it. */
function contents(folder: string): Record<string, string> {
  const names = fs.readdirSync(folder, { recursive: true }).map(String).sort();
  return Object.fromEntries(
    names.filter((name) => fs.statSync(join(folder, name)).isFile()).map((name) => [name, fs.readFileSync(join(folder, name), 'base64')]),
  );
}

const edit = (file: string, change: (text: string) => string): void => fs.writeFileSync(file, change(fs.readFileSync(file, 'utf8')));
const copy = (from: string, to: string): void => {
  fs.rmSync(to, { recursive: true, force: true });
  fs.cpSync(from, to, { recursive: true });
};

/** What confuses the run in `one`, with `two` of another seed beside it, and the code of what is said. */
const confusions: [what: string, confuse: (one: string, two: string) => void, code: string][] = [
  ["another seed's checkpoint", (one, two) => copy(join(two, 'checkpoint'), join(one, 'checkpoint')), 'bad-checkpoint'],
  [
    "another seed's checkpoint under this run's config.json",
    (one, two) => {
      copy(join(two, 'checkpoint'), join(one, 'checkpoint'));
      fs.copyFileSync(join(one, 'config.json'), join(one, 'checkpoint/config.json'));
    },
    'bad-checkpoint',
  ],
  [
    "another seed's config.json under the checkpoint",
    (one, two) => fs.copyFileSync(join(two, 'config.json'), join(one, 'checkpoint/config.json')),
    'bad-checkpoint',
  ],
  [
    "another seed's whole config.json",
    (one, two) => fs.copyFileSync(join(two, 'config.json'), join(one, 'config.json')),
    'other-configuration',
  ],
  [
    "another seed's progress.json",
    (one, two) => fs.copyFileSync(join(two, 'checkpoint/progress.json'), join(one, 'checkpoint/progress.json')),
    'bad-checkpoint',
  ],
  [
    'a step edited',
    (one) => edit(join(one, 'checkpoint/progress.json'), (text) => text.replace('"step": 2', '"step": 142')),
    'bad-checkpoint',
  ],
  [
    'a progress.json without its digest',
    (one) => edit(join(one, 'checkpoint/progress.json'), (text) => text.replace(/,\s*"digest": "\w+"/, '')),
    'bad-checkpoint',
  ],
  [
    'a digest of a file edited',
    (one) => edit(join(one, 'checkpoint/progress.json'), (text) => text.replace(/("state.safetensors": ")\w/, '$1x')),
    'bad-checkpoint',
  ],
  [
    'a setting edited in config.json',
    (one) => edit(join(one, 'config.json'), (text) => text.replace('"learningRate": ', '"learningRate": 1')),
    'bad-run-folder',
  ],
  [
    "the settings of config.json under another run's hash",
    (one, two) => {
      const { hash } = JSON.parse(fs.readFileSync(join(two, 'config.json'), 'utf8'));
      edit(join(one, 'config.json'), (text) => text.replace(/"hash": "\w+"/, `"hash": "${hash}"`));
    },
    'bad-run-folder',
  ],
  ['a config.json cut short', (one) => fs.truncateSync(join(one, 'config.json'), 40), 'file'],
  ['a config.json that says null', (one) => fs.writeFileSync(join(one, 'config.json'), 'null'), 'bad-run-folder'],
  ['metrics overwritten in place', (one) => edit(join(one, 'metrics.jsonl'), (text) => text.replace('1', '7')), 'bad-run-folder'],
  [
    "another seed's metrics, as long",
    (one, two) => fs.copyFileSync(join(two, 'metrics.jsonl'), join(one, 'metrics.jsonl')),
    'bad-run-folder',
  ],
  ['metrics cut short', (one) => fs.truncateSync(join(one, 'metrics.jsonl'), 5), 'bad-run-folder'],
];

it.each(confusions)('%s is refused, and stays', (_, confuse, code) => {
  const [one, two] = [half('one', 1), half('two', 2)];
  confuse(one, two);
  const before = contents(one);
  expect(codeOf(() => open(one, identity(1)))).toBe(code);
  expect(contents(one)).toEqual(before);
});

it.each(['model.safetensors', 'state.safetensors'])('%s of an earlier checkpoint of the same run is refused', (name) => {
  const one = half('one', 1);
  fs.copyFileSync(join(root, 'one-first', name), join(one, 'checkpoint', name));
  const run = open(one, identity(1));
  expect(codeOf(() => run.resumed?.read(name))).toBe('bad-checkpoint');
  run.close();
});

it('an earlier checkpoint of the same run, whole, is where it goes on from', () => {
  const one = half('one', 1);
  copy(join(root, 'one-first'), join(one, 'checkpoint'));
  const run = open(one, identity(1));
  expect(run.resumed?.step).toBe(1);
  run.close();
});

describe('a model to start from', () => {
  it("is refused where it is another run's than its config.json says", () => {
    const [one, two] = [half('one', 1), half('two', 2)];
    expect(openModel(one, 'base', 'pretrain').identity.seed).toBe(1);
    fs.copyFileSync(join(two, 'checkpoint/model.safetensors'), join(one, 'checkpoint/model.safetensors'));
    expect(codeOf(() => openModel(one, 'base', 'pretrain'))).toBe('bad-checkpoint');
    fs.copyFileSync(join(two, 'config.json'), join(two, 'checkpoint/config.json'));
    expect(codeOf(() => openModel(two, 'base', 'pretrain'))).toBe('bad-checkpoint');
  });
});

describe('readers', () => {
  const coxswain = (...args: string[]) => ask(args, [toyPhase, toySequel]);
  /** Two finished runs. */
  async function twoRuns(): Promise<string> {
    const runs = join(root, 'runs');
    for (const seed of ['1', '2'])
      expect(
        await coxswain('pretrain', '--out', join(runs, `run-${seed}`), '--steps', '5', '--set', 'pretrain.warmup=0', '--seed', seed),
      ).toMatchObject({ code: 0 });
    return runs;
  }

  it.each([
    ['metrics.jsonl', 'nonsense\n'],
    ['metrics.jsonl', '1\n'],
    ['result.json', '{"rows": ['],
    ['result.json', '{"rows": 1}'],
    ['config.json', '{"format": 1'],
    ['episodes.json', '\0\0\0\0'],
    ['episodes.json', '{}'],
    ['switches.json', '"none"'],
    ['stages.json', '[{}]'],
    ['skills.json', '{'],
    ['analysis.json', '{'],
  ])('go on without a run whose %s says %j, and name it', async (name, garbage) => {
    const runs = await twoRuns();
    fs.writeFileSync(join(runs, 'run-1', name), garbage);
    const report = await coxswain('report', '--runs', runs, '--out', join(root, 'report.html'));
    expect(report).toMatchObject({ code: 0 });
    expect(report.err).toContain(join(runs, 'run-1'));
    const metrics = ['metrics.jsonl', 'config.json'].includes(name);
    const watched = await coxswain('watch', runs, '--all', '--once');
    expect(watched.code).toBe(0);
    if (metrics) expect(watched.out).toContain('run-1  cannot be read: ');
    expect(watched.out).toContain('run-2');
    const events = await coxswain('tensorboard', '--runs', runs, '--out', join(root, 'events'));
    expect(events.code).toBe(0);
    const read = ['metrics.jsonl', 'config.json', 'result.json'].includes(name);
    expect(events.out).toContain(read ? 'events of 1 run ' : 'events of 2 runs ');
    if (name === 'metrics.jsonl') expect(events.err).toContain(join(runs, 'run-1'));

    const without = await coxswain('report', '--runs', runs, '--without', 'run-1', '--out', join(root, 'report.html'));
    expect(without).toMatchObject({ code: 0, err: '' });
  });

  it('say that no run has the name that is to be left out', async () => {
    const runs = await twoRuns();
    expect(await coxswain('report', '--runs', runs, '--without', 'run-3', '--out', join(root, 'report.html'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('There are run-1, run-2'),
    });
  });
});

describe('making demonstrations', () => {
  const MANY = ['--set', 'pretrain.episodes=200000', '--set', 'pretrain.steps=1', '--set', 'pretrain.warmup=0'];
  /** Runs the real pretraining; `press` is called at each line that is printed. */
  async function pretrain(out: string, press: (line: string, interrupt: () => void) => void) {
    const listeners = new Set<() => void>();
    const exits: number[] = [];
    let err = '';
    const code = await main(['pretrain', '--out', out, ...MANY], [pretrainPhase], {
      stdout: { write: () => {} },
      stderr: {
        write: (text) => {
          err += text;
          press(text, () => {
            for (const listener of listeners) listener();
          });
        },
      },
      signals: {
        on: (_, listener) => listeners.add(listener),
        off: (_, listener) => listeners.delete(listener),
        exit: (exit) => exits.push(exit),
      },
      now: () => performance.now(),
      openDevice: toyDevice,
      program: [],
    });
    return { code, err, exits };
  }

  it('shows how far it is, hears Ctrl-C, and leaves nothing half done', async () => {
    const out = join(root, 'run');
    const { code, err, exits } = await pretrain(out, (line, interrupt) => {
      if (line.includes('making demonstrations')) interrupt();
    });
    expect(err).toMatch(/pretrain {2}making demonstrations \(ε [\d.]+\): \d+\/200 000\n/);
    expect(code).toBe(130);
    expect(err).toContain('Stopped before the first checkpoint; nothing is lost. The same command begins anew.');
    expect(exits).toEqual([]);
    expect(fs.existsSync(join(out, 'checkpoint'))).toBe(false);
  });
});

it('a finished run that is asked for again opens no device', async () => {
  const args = ['pretrain', '--out', join(root, 'run'), '--steps', '5', '--set', 'pretrain.warmup=0'];
  const said: string[] = [];
  let opened = 0;
  const machine = {
    stdout: { write: (text: string) => said.push(text) },
    stderr: { write: (text: string) => said.push(text) },
    signals: { on: () => {}, off: () => {}, exit: () => {} },
    now: () => performance.now(),
    openDevice: () => {
      opened++;
      return toyDevice();
    },
    program: [],
  };
  for (const asked of [1, 1]) {
    expect(await main(args, [toyPhase], machine)).toBe(0);
    expect(opened).toBe(asked);
  }
  expect(said.join('')).toContain('has finished: nothing is left to do.');
  // A result that was cut short is written again.
  const result = join(root, 'run', 'result.json');
  const whole = fs.readFileSync(result, 'utf8');
  fs.truncateSync(result, 3);
  expect(await main(args, [toyPhase], machine)).toBe(0);
  expect(opened).toBe(2);
  expect(fs.readFileSync(result, 'utf8')).toBe(whole);
});

it.each([
  ['pretrain.episodes=1e12', 'pretrain.batch=16'],
  ['pretrain.batch=1e9', 'pretrain.episodes=100'],
])('%s is refused with the memory that it would take', async (...settings) => {
  const sizes = [...settings, 'pretrain.evaluationEpisodes=10'].flatMap((one) => ['--set', one]);
  const { code, err } = await ask(['pretrain', '--out', join(root, 'run'), ...sizes], [pretrainPhase]);
  expect(code, err).toBe(12);
  expect(err).toMatch(/Error: The settings ask for an array of [\d.e+]+ GiB, which cannot be had\. Lower the sizes/);
  expect(err).not.toMatch(/^ +at /m);
});
