import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT_CODES } from '@coxswain/base';
import { commitOf, environmentOf, formatDuration, formatNumber, listenForInterrupts, openModel, type Phase, Progress } from '@coxswain/lab';
import { type Device, DeviceLostError, NoAdapterError, OutOfMemoryError } from '@coxswain/tensor';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { summary } from '../src/command/sweep-command.js';
import { PHASES } from '../src/lists.js';
import type { Child } from '../src/sweep/child.js';
import type { PlannedRun } from '../src/sweep/plan.js';
import { ask } from './ask.js';
import { fillDisk } from './crash.js';
import { toyDevice, toyPhase, toySequel } from './toy-phase.js';

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'coxswain-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(root, { recursive: true, force: true });
});

const coxswain = (
  args: readonly string[],
  openDevice: () => Promise<Device> = toyDevice,
  phases: readonly Phase[] = [toyPhase, toySequel],
) => ask(args, phases, { openDevice });

const toy = (...more: string[]) => ['pretrain', '--out', join(root, 'run'), '--steps', '5', '--set', 'pretrain.warmup=0', ...more];

describe('the command', () => {
  it('explains itself', async () => {
    expect((await coxswain(['--help'])).out).toMatch(/pretrain\s+Trains two numbers/);
    const help = await coxswain(['discover', '--help']);
    expect(help.code).toBe(0);
    for (const word of ['--preset', '--set', '--seed', '--out', '--base <FOLDER>', 'discover', 'grid-mini'])
      expect(help.out).toContain(word);
    expect((await coxswain(['settings'])).out).toContain('pretrain.learningRate=0.003');
    expect((await coxswain(['report', '--help'])).out).toContain('--results');
  });

  it('says which version it is, and so does what a run notes of its machine', async () => {
    const { version } = JSON.parse(fs.readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'));
    const commit = commitOf(import.meta.dirname);
    expect(await coxswain(['--version'])).toMatchObject({ code: 0, out: commit ? `${version} (${commit})\n` : `${version}\n` });
    await coxswain(toy());
    const noted = JSON.parse(fs.readFileSync(join(root, 'run/environment.jsonl'), 'utf8'));
    expect([noted.version, noted.commit]).toEqual([version, commit]);
  });

  it('asks Dawn for what --dawn says, wherever it stands, while the command lasts', async () => {
    const before = process.env.COXSWAIN_DAWN;
    process.env.COXSWAIN_DAWN = 'dump_shaders';
    try {
      const asked: (string | undefined)[] = [];
      const openDevice = (): Promise<Device> => {
        asked.push(process.env.COXSWAIN_DAWN);
        return toyDevice();
      };
      expect((await coxswain(toy('--dawn', 'skip_validation,no-dump_shaders', '--dawn=verbose=1'), openDevice)).code).toBe(0);
      expect(asked).toEqual(['dump_shaders,skip_validation,no-dump_shaders,verbose=1']);
      expect(process.env.COXSWAIN_DAWN).toBe('dump_shaders');
      // Exact times give way to what anybody asks for.
      const none = (): Promise<Device> => Promise.reject(new NoAdapterError(process.env.COXSWAIN_DAWN ?? '', 'none here'));
      const cost = await coxswain(['cost', '--dawn', 'skip_validation'], none, PHASES);
      expect(cost).toMatchObject({ code: EXIT_CODES['no-adapter'] });
      expect(cost.err).toContain('no-timestamp_quantization,dump_shaders,skip_validation');
      const probes = [
        'analyse',
        '--dawn',
        'verbose=1',
        'probes',
        '--base',
        join(import.meta.dirname, '../../models/grid-mini/base'),
        '--out',
        join(root, 'probes'),
      ];
      expect((await coxswain(probes, none)).err).toContain('dump_shaders,verbose=1');
      expect(process.env.COXSWAIN_DAWN).toBe('dump_shaders');
    } finally {
      if (before === undefined) delete process.env.COXSWAIN_DAWN;
      else process.env.COXSWAIN_DAWN = before;
    }
    for (const help of [['--help'], ['pretrain', '--help'], ['sweep', '--help']])
      expect((await coxswain(help)).out).toContain('--dawn <TOGGLE,…>');
    expect((await coxswain(['settings', '--help'])).out).not.toContain('--dawn');
    expect(await coxswain(['adapter', '--dawn'])).toMatchObject({ code: 2, err: expect.stringContaining('--dawn') });
    expect(await coxswain(['settings', '--dawn', 'skip_validation'])).toMatchObject({ code: 2 });
  });

  it('notes what Dawn was given with what else a run is done on', () => {
    const traits = { family: 'software', f16: false } as const;
    expect(environmentOf({ description: 'a toy', traits, dawn: ['skip_validation'] })).toMatchObject({ dawn: ['skip_validation'] });
  });

  it.each<[string, string[], number, string]>([
    ['an unknown command', ['pretrian'], 2, 'Command: `pretrian`, expected one of pretrain, discover, play, analyse, '],
    ['the same, near one', ['pretrian'], 2, 'Did you mean `pretrain`?'],
    ['the same, near none', ['xylophone'], 2, 'See coxswain --help.'],
    ['an unknown analysis', ['analyse', 'probe'], 2, 'coxswain analyse: `probe`, expected one of probes, '],
    ['an option where a command is missing', ['--preset'], 2, 'Option: `--preset`, expected one of --version, --help.'],
    ['an unknown option', ['pretrain', '--presset', 'grid-mini'], 2, 'Option: `--presset`, expected one of --preset, --world, --set, '],
    ['the same, near one', ['pretrain', '--presset=grid-mini'], 2, 'Did you mean `--preset`?'],
    ['the same, near none', ['analyse', 'probes', '--xylophone'], 2, 'See coxswain analyse probes --help.'],
    ['a value for what takes none', ['watch', '--all=yes'], 2, 'Option: `--all=yes`'],
    [
      'an option without its value',
      ['pretrain', '--preset'],
      2,
      '--preset: nothing, expected a value (NAME). See coxswain pretrain --help.',
    ],
    ['an option for a value', ['pretrain', '--preset', '--seed', '1'], 2, '--preset: `--seed`, expected a value (NAME).'],
    ['one for a value that repeats', ['pretrain', '--set', '--seed', '1'], 2, '--set: `--seed`, expected a value (KEY=VALUE).'],
    ['two values for one option', ['pretrain', '--seed', '1', '--seed=2'], 2, '--seed: both `1` and `2`, expected one of them.'],
    ['a stray word', ['pretrain', 'fast'], 2, 'coxswain pretrain: `fast`, expected options only.'],
    ['a second file', ['sweep', 'a.yaml', 'b.yaml'], 2, 'coxswain sweep: `b.yaml`, expected one FILE.'],
    ['no file', ['sweep'], 2, 'FILE: missing, expected a file of YAML such as sweeps/grid-mini.yaml. See coxswain sweep --help.'],
    ['a share above 1', ['world', 'gridworld-pinpad', '--record', 'x', '--noise', '2'], 2, '--noise: `2`, expected a number from 0 to 1'],
    ['minutes that are none', ['pretrain', '--stall', 'soon'], 2, '--stall: `soon`, expected minutes'],
    ['a seed that is none', ['pretrain', '--seed', '-1'], 2, '--seed: `-1`, expected a whole number from 0'],
    ['no checkpoint to keep', ['pretrain', '--keep', '0'], 2, '--keep: `0`, expected a whole number from 1'],
    ['no worker', ['sweep', 'sweeps/smoke.yaml', '--workers', '0'], 2, '--workers: `0`, expected a whole number from 1'],
    ['an unknown preset', ['pretrain', '--preset', 'gridmini'], 3, 'grid-mini'],
    ['a bad setting', ['pretrain', '--set', 'model.heads=3'], 4, 'model.heads'],
    ['a horizon that no episode can have', ['pretrain', '--set', 'world.horizon=70000'], 4, '65535'],
    ['a missing input', ['discover'], 2, '--base'],
    ['an input that is not there', ['discover', '--base', '/nowhere'], 5, '/nowhere'],
    ['no runs to report', ['report', '--runs', '/nowhere'], 10, '/nowhere'],
  ])('refuses %s in one line', async (_, args, code, named) => {
    const result = await coxswain(args);
    expect(result.code).toBe(code);
    expect(result.err).toContain(named);
    expect(result.err.trim().split('\n')).toHaveLength(1);
    expect(result.err).not.toMatch(/\.ts:\d|\bat .*:\d/);
  });

  it.each([
    ['a world without a layout', 'world.walls=11', 'no-reachable-layout', '11 walls'],
    ['experts that cannot keep their horizon', 'world.horizon=3', 'impossible-episode', '3 steps'],
  ] as const)('ends with a sentence and a code of its own for %s', async (_, setting, code, named) => {
    const few = ['pretrain.episodes=300', 'pretrain.steps=1', 'pretrain.warmup=1'].flatMap((one) => ['--set', one]);
    const result = await coxswain(['pretrain', '--out', join(root, 'run'), ...few, '--set', setting], toyDevice, PHASES);
    expect(result.code).toBe(EXIT_CODES[code]);
    expect(result.err).toContain(named);
    expect(result.err).not.toMatch(/\.ts:\d|\bat .*:\d/);
  });

  it('a sweep says how far its runs are from their folders, not from what they print', async () => {
    await coxswain(toy());
    const planned = (name: string): PlannedRun => ({
      name,
      phase: toyPhase,
      folder: join(root, name),
      args: [],
      options: {},
      set: [],
      after: [],
      needs: [],
      preset: undefined,
    });
    const plan = ['run', 'not-begun'].map(planned);
    const under = plan.map(({ name }) => [name, 'running'] as const);
    const children = new Map(plan.map(({ name }) => [name, {} as Child]));
    expect(summary({ plan, states: new Map(under), children })).toMatch(/^0\/2 runs {2}run 100 %( \(0 s left\))? {2}not-begun$/);
  });

  it('runs a phase, and its sequel on it', async () => {
    const first = await coxswain(toy());
    expect(first).toMatchObject({ code: 0 });
    const config = JSON.parse(fs.readFileSync(join(root, 'run', 'config.json'), 'utf8'));
    expect(config.command).toBe(`coxswain ${toy().join(' ')}`);
    expect(config.config.pretrain.steps).toBe(5);
    expect(config.hash).toMatch(/^[0-9a-f]{64}$/);
    const sequel = ['discover', '--base', join(root, 'run'), '--out', join(root, 'next'), '--steps', '4', '--set', 'pretrain.warmup=0'];
    const second = await coxswain(sequel);
    expect(second).toMatchObject({ code: 0 });
    expect(second.err).not.toContain('not finished');
    const next = JSON.parse(fs.readFileSync(join(root, 'next', 'config.json'), 'utf8'));
    expect(next.inputs.base.seed).toBe(0);
    expect((await coxswain([...sequel, '--set', 'model.width=32'])).code).toBe(4);
    expect((await coxswain(['discover', '--base', join(root, 'next'), '--out', join(root, 'third')])).code).toBe(5);
  });

  it('says when the run it starts from has not finished', async () => {
    await coxswain(toy());
    fs.rmSync(join(root, 'run', 'result.json'));
    const sequel = await coxswain([
      'discover',
      '--base',
      join(root, 'run'),
      '--out',
      join(root, 'next'),
      '--steps',
      '4',
      '--set',
      'pretrain.warmup=0',
    ]);
    expect(sequel.code).toBe(0);
    expect(sequel.err).toMatch(/--base has not finished.*after 5 steps/);
  });

  it('takes the settings of the model it starts from', async () => {
    await coxswain(toy('--set', 'model.width=32'));
    await coxswain(['discover', '--base', join(root, 'run'), '--out', join(root, 'next'), '--steps', '4', '--set', 'pretrain.warmup=0']);
    expect(JSON.parse(fs.readFileSync(join(root, 'next', 'config.json'), 'utf8')).config.model.width).toBe(32);
    expect((await coxswain(['discover', '--base', join(root, 'run'), '--set', 'metacontroller.rank=40'])).code).toBe(4);
  });

  it('says that a preset is not that of the model it starts from, and what to do', async () => {
    await coxswain(toy());
    const sequel = (preset: string) => [
      'discover',
      '--base',
      join(root, 'run'),
      '--preset',
      preset,
      '--out',
      join(root, preset),
      '--steps',
      '4',
    ];
    const { code, err } = await coxswain([...sequel('grid-small'), '--set', 'pretrain.warmup=0']);
    expect(code).toBe(2);
    expect(err).toContain('--preset: `grid-small`, but --base was trained with the preset grid-mini, whose world and model are another');
    expect(err).toContain('Leave --preset out, or give a --base made by `coxswain pretrain --preset grid-small`.');
    expect(await coxswain([...sequel('grid-mini'), '--set', 'pretrain.warmup=0'])).toMatchObject({ code: 0 });
  });

  it('refuses a folder of another configuration, with its own exit code', async () => {
    await coxswain(toy());
    const result = await coxswain(toy('--seed', '1'));
    expect(result.code).toBe(6);
    expect(result.err).toContain('seed is 0 there, 1 here');
  });

  it('refuses a damaged checkpoint and leaves it alone', async () => {
    await coxswain(toy());
    const model = join(root, 'run', 'checkpoint', 'model.safetensors');
    fs.truncateSync(model, 20);
    const metrics = fs.readFileSync(join(root, 'run', 'metrics.jsonl'), 'utf8');
    expect((await coxswain(toy())).code).toBe(5);
    expect(fs.readFileSync(join(root, 'run', 'metrics.jsonl'), 'utf8')).toBe(metrics);
  });

  it('ends with its own code when there is no adapter, and frees the folder', async () => {
    const result = await coxswain(toy(), () => Promise.reject(new NoAdapterError('none', 'Install Mesa.')));
    expect(result.code).toBe(11);
    expect(result.err).toContain('Install Mesa.');
    expect(fs.existsSync(join(root, 'run', 'lock'))).toBe(false);
  });

  it.each([0, 1000, 2500, 4500])('loses nothing on a disk that is full after %i bytes', async (bytes) => {
    const args = toy('--set', 'pretrain.saveEvery=2');
    await coxswain(args);
    const whole = fs.readFileSync(join(root, 'run', 'checkpoint', 'model.safetensors'));
    const metrics = fs.readFileSync(join(root, 'run', 'metrics.jsonl'));
    fs.rmSync(join(root, 'run'), { recursive: true });
    fillDisk(bytes);
    const result = await coxswain(args);
    vi.restoreAllMocks();
    expect(result.code).toBe(9);
    expect(result.err).toContain('Free some space');
    expect(await coxswain(args)).toMatchObject({ code: 0 });
    expect(fs.readFileSync(join(root, 'run', 'checkpoint', 'model.safetensors'))).toEqual(whole);
    expect(fs.readFileSync(join(root, 'run', 'metrics.jsonl'))).toEqual(metrics);
  });

  it('says what asks less of an adapter whose memory is too small', async () => {
    const heavy: Phase = {
      ...toyPhase,
      lighter: 'take a smaller toy: --set pretrain.batch=N',
      run: () => Promise.reject(new OutOfMemoryError('a tensor of 9 bytes', 'this adapter binds at most 8 bytes at once')),
    };
    const { code, err } = await coxswain(toy(), toyDevice, [heavy]);
    expect(code).toBe(12);
    expect(err).toContain('a tensor of 9 bytes; this adapter binds at most 8 bytes at once. Take a smaller toy: --set pretrain.batch=N.');
  });

  it('goes on with another device when one is lost, and ends with the same bytes', async () => {
    const args = toy('--set', 'pretrain.saveEvery=2');
    await coxswain(args);
    const bytes = (name: string) => fs.readFileSync(join(root, 'run', name));
    const [whole, metrics] = [bytes('checkpoint/model.safetensors'), bytes('metrics.jsonl')];
    fs.rmSync(join(root, 'run'), { recursive: true });
    let devices = 0;
    const another = () => {
      devices++;
      return toyDevice();
    };
    // Each device is lost two steps after it was opened.
    const losing: Phase = {
      ...toyPhase,
      run: (context) => {
        let steps = 0;
        const session = Object.create(context.session);
        session.log = (step: number, values: Record<string, number>) => {
          if (steps++ === 2) throw new DeviceLostError('unknown: it fell asleep');
          context.session.log(step, values);
        };
        return toyPhase.run({ ...context, session });
      },
    };
    const result = await coxswain(args, another, [losing]);
    expect(result).toMatchObject({ code: 0 });
    expect(devices).toBe(3);
    expect(result.err).toContain('it fell asleep');
    expect(bytes('checkpoint/model.safetensors')).toEqual(whole);
    expect(bytes('metrics.jsonl')).toEqual(metrics);
    expect(bytes('environment.jsonl').toString().trim().split('\n')).toHaveLength(3);
  });

  it('gives up when every device is lost at once', async () => {
    let devices = 0;
    const another = () => {
      devices++;
      return toyDevice();
    };
    const losing: Phase = { ...toyPhase, run: () => Promise.reject(new DeviceLostError('unknown')) };
    expect((await coxswain(toy(), another, [losing])).code).toBe(13);
    expect(devices).toBe(3);
  });

  it('keeps as many checkpoints as it is asked to', async () => {
    const args = toy('--set', 'pretrain.saveEvery=1', '--keep', '3');
    expect((await coxswain(args)).code).toBe(0);
    const kept = join(root, 'run', 'checkpoints');
    expect(fs.readdirSync(kept)).toEqual(['step-000000003', 'step-000000004']);
    expect(openModel(join(kept, 'step-000000003'), 'base', 'pretrain').sha256).not.toBe(
      openModel(join(root, 'run'), 'base', 'pretrain').sha256,
    );
    expect((await coxswain(toy('--keep', 'all'))).code).toBe(2);
    expect((await coxswain(toy('--stall', 'soon'))).code).toBe(2);
  });

  it('shows runs from their folders alone', async () => {
    await coxswain(toy());
    await coxswain(['pretrain', '--out', join(root, 'stopped'), '--steps', '9', '--set', 'pretrain.warmup=0'], undefined, [
      {
        ...toyPhase,
        run: (context) => toyPhase.run({ ...context, config: { ...context.config, pretrain: { ...context.config.pretrain, steps: 4 } } }),
      },
    ]);
    fs.rmSync(join(root, 'stopped', 'result.json'));
    const all = await coxswain(['watch', root, '--all']);
    expect(all.code).toBe(0);
    expect(all.out).toMatch(/^run {2}pretrain {2}finished {2}5\/5 steps {2}100 %\n {2}[▁-█]{5} losses\/action_nll -?[\d.]+ *\n/);
    expect(all.out).toMatch(/stopped {2}pretrain {2}stopped {2}4\/9 steps {2}44 %/);
    expect(all.out).toMatch(/0 running, 1 finished, 1 stopped\n$/);
    expect((await coxswain(['watch', root])).out).toBe('0 running, 1 finished, 1 stopped\n');
    fs.mkdirSync(join(root, 'empty'));
    expect((await coxswain(['watch', join(root, 'empty')])).code).toBe(2);
    expect((await coxswain(['watch', join(root, 'nowhere')])).code).toBe(10);
  });

  it('writes an event file a run, and the same one again', async () => {
    await coxswain(toy());
    const out = join(root, 'events');
    const first = await coxswain(['tensorboard', '--runs', join(root, 'run'), '--out', out]);
    expect(first).toMatchObject({ code: 0 });
    const file = join(out, 'run', 'events.out.tfevents.0.coxswain');
    const bytes = fs.readFileSync(file);
    expect(bytes.toString('latin1').split('losses/action_nll')).toHaveLength(6);
    await coxswain(['tensorboard', '--runs', join(root, 'run'), '--out', out]);
    expect(fs.readFileSync(file)).toEqual(bytes);
    // Speed, settings, and the final numbers beside the metrics.
    for (const word of ['charts/SPS', 'session_start_info', 'pretrain.warmup', 'result/last', 'coxswain pretrain --out'])
      expect(bytes.toString('latin1'), word).toContain(word);
  });

  it('an evaluation, which has no steps, has its success in its event file', async () => {
    const stored = fileURLToPath(new URL('../../../docs/results/runs/llvmpipe-eight', import.meta.url));
    fs.cpSync(stored, join(root, 'run'), { recursive: true });
    const { rows } = JSON.parse(fs.readFileSync(join(stored, 'result.json'), 'utf8')) as { rows: { task: string; success: number }[] };
    expect(await coxswain(['tensorboard', '--runs', join(root, 'run'), '--out', join(root, 'events')])).toMatchObject({ code: 0 });
    const bytes = fs.readFileSync(join(root, 'events', 'run', 'events.out.tfevents.0.coxswain'));
    const value = Buffer.alloc(4);
    value.writeFloatLE(rows[0].success);
    expect(bytes.subarray(bytes.indexOf(`eval/success/${rows[0].task}`)).includes(value)).toBe(true);
  });

  it('ends with 1 and a stack on an error nobody foresaw', async () => {
    const result = await coxswain(toy(), () => Promise.reject(new Error('surprise')));
    expect(result.code).toBe(1);
    expect(result.err).toContain('surprise');
  });
});

describe('progress', () => {
  const make = (isTTY: boolean, start = 0) => {
    const clock = { at: 0 };
    let text = '';
    const progress = new Progress({
      label: 'pretrain',
      total: 1000,
      start,
      unit: 'steps',
      stream: { isTTY, columns: 100, write: (part) => (text += part) },
      now: () => clock.at,
    });
    return { clock, progress, text: () => text };
  };

  it('redraws one line on a terminal, with rate and time left', () => {
    const { clock, progress, text } = make(true);
    clock.at = 10_000;
    progress.update(100, { reward: 0.51234 });
    expect(text()).toBe('\r\x1b[2Kpretrain  100/1 000 steps  10 %  10 steps/s  1 min 30 s left  reward 0.512');
    clock.at = 10_050;
    progress.update(101);
    expect(text().split('\r')).toHaveLength(2);
    progress.finish();
    expect(text().endsWith('\n')).toBe(true);
  });

  it('prints a line now and then elsewhere, without control characters', () => {
    const { clock, progress, text } = make(false);
    for (let step = 1; step <= 1000; step++) {
      clock.at = step * 100;
      progress.update(step);
    }
    const lines = text().trim().split('\n');
    expect(lines.length).toBeLessThan(14);
    expect(lines.at(-1)).toContain('1 000/1 000 steps  100 %');
    expect(lines.at(-1)).toContain('took 1 min 40 s');
    for (const control of ['\r', '\x1b']) expect(text()).not.toContain(control);
  });

  it('does not count what an earlier process did', () => {
    const { clock, progress } = make(false, 900);
    clock.at = 1000;
    progress.update(905);
    expect(progress.rate).toBe(5);
  });

  it('never exceeds the terminal', () => {
    const { clock, progress, text } = make(true);
    clock.at = 1000;
    progress.update(1, Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`losses/number_${index}`, index])));
    expect(text().replace('\r\x1b[2K', '').length).toBeLessThan(100);
  });

  it('writes durations and numbers for people', () => {
    expect([0.4, 59.4, 60, 3599, 3600, 7620].map(formatDuration)).toEqual([
      '0 s',
      '59 s',
      '1 min 00 s',
      '59 min 59 s',
      '1 h 00 min',
      '2 h 07 min',
    ]);
    expect([1234567, 0.123456, 123.456, 1180.9, -5000].map(formatNumber)).toEqual(['1 234 567', '0.123', '123.5', '1 181', '-5 000']);
  });
});

describe('interrupts', () => {
  const listening = () => {
    const listeners = new Map<string, () => void>();
    const exits: number[] = [];
    const said: string[] = [];
    const source = {
      on: (name: string, listener: () => void) => listeners.set(name, listener),
      off: (name: string) => listeners.delete(name),
      exit: (code: number) => void exits.push(code),
    };
    return { ...listenForInterrupts(source, (line) => said.push(line)), listeners, exits, said };
  };

  it('abort at the first, exit at the second, which may come after the save', () => {
    const { signal, release, listeners, exits, said } = listening();
    listeners.get('SIGINT')?.();
    expect(signal.aborted).toBe(true);
    expect(exits).toEqual([]);
    release();
    listeners.get('SIGINT')?.();
    expect(exits).toEqual([130]);
    expect(said).toHaveLength(1);
  });

  it('are left to others by a run that was not asked to stop', () => {
    const { release, listeners } = listening();
    expect(listeners.size).toBe(2);
    release();
    expect(listeners.size).toBe(0);
  });
});
