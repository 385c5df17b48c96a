import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoxswainError } from '@coxswain/tensor';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readCheckpoint, recover } from '../src/run/checkpoint.js';
import { RunFolder } from '../src/run/folder.js';
import { identify, type RunIdentity } from '../src/run/identity.js';
import { MetricsWriter, readMetrics } from '../src/run/metrics.js';
import { inputIdentity, openModel } from '../src/run/model.js';
import { findRuns } from '../src/run/scan.js';
import { writeAtomic } from '../src/run/storage.js';
import { preset } from '../src/settings/presets.js';
import { pick } from '../src/settings/resolve.js';
import { crashingAt, fillDisk } from './crash.js';

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'coxswain-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(root, { recursive: true, force: true });
});

const identity = (seed = 0, change: (config: ReturnType<typeof preset>) => void = () => {}): RunIdentity => {
  const config = preset('grid-mini');
  change(config);
  return identify({ phase: 'pretrain', preset: 'grid-mini', seed, config: pick(config, ['world', 'model', 'pretrain']), inputs: {} });
};
const open = (path: string, of = identity()) => new RunFolder(path, of, 'coxswain pretrain');
const files = (value: number) => ({ 'model.safetensors': new Uint8Array(4096).fill(value), 'state.safetensors': new Uint8Array(512).fill(value) });
const lines = (path: string) => fs.readFileSync(join(path, 'metrics.jsonl'), 'utf8');
const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return error instanceof CoxswainError ? error.code : `unexpected ${String(error)}`;
  }
  return 'nothing thrown';
};

describe('metrics', () => {
  it('are cut back to the checkpoint when a run goes on', () => {
    const path = join(root, 'run');
    const first = open(path);
    first.metrics.write(1, { reward: 0.5 });
    first.save(1, { files: files(1) });
    first.metrics.write(2, { reward: 0.25 });
    first.close();
    const second = open(path);
    expect(second.resumed?.step).toBe(1);
    expect(lines(path)).toBe('{"step":1,"reward":0.5}\n');
    second.metrics.write(2, { reward: 0.25 });
    second.close();
    expect(lines(path)).toBe('{"step":1,"reward":0.5}\n{"step":2,"reward":0.25}\n');
  });

  it('are refused when shorter than the checkpoint says', () => {
    const path = join(root, 'run');
    const first = open(path);
    first.metrics.write(1, { reward: 0.5 });
    first.save(1, { files: files(1) });
    first.close();
    fs.truncateSync(join(path, 'metrics.jsonl'), 3);
    expect(codeOf(() => open(path))).toBe('bad-run-folder');
    expect(lines(path)).toBe('{"s');
    expect(fs.existsSync(join(path, 'lock'))).toBe(false);
  });

  it('hold no NaN', () => {
    const metrics = new MetricsWriter(join(root, 'metrics.jsonl'), 0);
    expect(codeOf(() => metrics.write(3, { good: 1, bad: Number.NaN }))).toBe('not-finite');
    metrics.close();
    expect(readMetrics(join(root, 'metrics.jsonl'))).toEqual([]);
  });

  it('stay whole lines on a full disk, and go on when there is room again', () => {
    const path = join(root, 'metrics.jsonl');
    const metrics = new MetricsWriter(path, 0);
    metrics.write(1, { reward: 1 });
    fillDisk(7);
    expect(codeOf(() => metrics.write(2, { reward: 2 }))).toBe('disk-full');
    expect(readMetrics(path)).toEqual([{ step: 1, reward: 1 }]);
    expect(fs.readFileSync(path, 'utf8').endsWith('}\n')).toBe(true);
    vi.restoreAllMocks();
    metrics.write(2, { reward: 2 });
    metrics.close();
    expect(readMetrics(path)).toHaveLength(2);
  });

  it('are read without the part of a line a live run is writing, and refused when damaged', () => {
    const path = join(root, 'metrics.jsonl');
    fs.writeFileSync(path, '{"step":1}\n{"step":');
    expect(readMetrics(path)).toEqual([{ step: 1 }]);
    fs.writeFileSync(path, 'nonsense\n{"step":2}\n');
    expect(codeOf(() => readMetrics(path))).toBe('bad-run-folder');
  });
});

describe('checkpoints', () => {
  it('hold what was saved', () => {
    const run = open(join(root, 'run'));
    run.save(7, { files: files(3), extra: { best: 0.5 } });
    run.close();
    const saved = readCheckpoint(join(root, 'run'));
    expect(saved).toMatchObject({ step: 7, metricsBytes: 0, extra: { best: 0.5 } });
    expect(saved?.read('model.safetensors')).toEqual(Buffer.from(files(3)['model.safetensors']));
    expect(codeOf(() => saved?.read('other'))).toBe('bad-checkpoint');
    expect(fs.readdirSync(join(root, 'run')).sort()).toEqual(['checkpoint', 'config.json', 'metrics.jsonl']);
  });

  it('survive a crash at every disk operation of a save: the old one or the new one is there, whole, with its metrics', () => {
    let steps = 0;
    for (let at = 0; ; at++) {
      const path = join(root, `crash-${at}`);
      const run = open(path);
      run.metrics.write(1, { reward: 1 });
      run.save(1, { files: files(1) });
      run.metrics.write(2, { reward: 2 });
      const crashed = crashingAt(at, () => run.save(2, { files: files(2) }));
      run.close();
      const again = open(path);
      const { resumed } = again;
      expect(resumed, `operation ${at}`).toBeDefined();
      expect(resumed?.read('model.safetensors')).toEqual(Buffer.from(files(resumed?.step ?? 0)['model.safetensors']));
      expect(resumed?.read('state.safetensors')).toEqual(Buffer.from(files(resumed?.step ?? 0)['state.safetensors']));
      expect(readMetrics(join(path, 'metrics.jsonl'))).toHaveLength(resumed?.step ?? 0);
      expect(fs.readdirSync(path).filter((name) => name.startsWith('checkpoint'))).toEqual(['checkpoint']);
      again.close();
      steps = at;
      if (!crashed) break;
    }
    expect(steps).toBeGreaterThan(10);
  });

  it('survive a crash at every operation of the very first save', () => {
    for (let at = 0; ; at++) {
      const path = join(root, `first-${at}`);
      const run = open(path);
      const crashed = crashingAt(at, () => run.save(1, { files: files(1) }));
      run.close();
      const again = open(path);
      if (again.resumed) expect(again.resumed.read('state.safetensors')).toEqual(Buffer.from(files(1)['state.safetensors']));
      again.close();
      if (!crashed) break;
    }
  });

  it('survive a crash while a crash is being repaired', () => {
    for (let at = 0; at < 8; at++) {
      const path = join(root, `repair-${at}`);
      const run = open(path);
      run.save(1, { files: files(1) });
      run.close();
      fs.renameSync(join(path, 'checkpoint'), join(path, 'checkpoint.old'));
      fs.cpSync(join(path, 'checkpoint.old'), join(path, 'checkpoint.new'), { recursive: true });
      crashingAt(at, () => recover(path));
      const again = open(path);
      expect(again.resumed?.step).toBe(1);
      again.close();
    }
  });

  it('keep the last one when the disk is full, and leave no rubbish', () => {
    const run = open(join(root, 'run'));
    run.save(1, { files: files(1) });
    for (const bytes of [0, 100, 4096, 4700, 5200]) {
      fillDisk(bytes);
      expect(codeOf(() => run.save(2, { files: files(2) }))).toBe('disk-full');
      vi.restoreAllMocks();
      expect(readCheckpoint(run.path)?.step).toBe(1);
      expect(fs.readdirSync(run.path)).not.toContain('checkpoint.new');
    }
    run.save(2, { files: files(2) });
    expect(readCheckpoint(run.path)?.step).toBe(2);
    run.close();
  });

  it('are refused when their bytes have changed', () => {
    const run = open(join(root, 'run'));
    run.save(1, { files: files(1) });
    run.close();
    const model = join(root, 'run', 'checkpoint', 'model.safetensors');
    fs.truncateSync(model, 100);
    expect(codeOf(() => readCheckpoint(join(root, 'run'))?.read('model.safetensors'))).toBe('bad-checkpoint');
    fs.writeFileSync(join(root, 'run', 'checkpoint', 'progress.json'), '{"step":1}');
    expect(codeOf(() => open(join(root, 'run')))).toBe('bad-checkpoint');
  });
});

describe('atomic files', () => {
  it('have the old content or the new after a crash at any operation', () => {
    const path = join(root, 'result.json');
    for (let at = 0; ; at++) {
      writeAtomic(path, 'old');
      const crashed = crashingAt(at, () => writeAtomic(path, 'new'));
      expect(['old', 'new']).toContain(fs.readFileSync(path, 'utf8'));
      if (!crashed) break;
    }
  });

  it('are untouched by a full disk', () => {
    const path = join(root, 'result.json');
    writeAtomic(path, 'old');
    fillDisk(2);
    expect(codeOf(() => writeAtomic(path, 'new content'))).toBe('disk-full');
    expect(fs.readdirSync(root)).toEqual(['result.json']);
    expect(fs.readFileSync(path, 'utf8')).toBe('old');
  });
});

describe('run folders', () => {
  it('refuse another configuration and say what differs', () => {
    const path = join(root, 'run');
    open(path).close();
    const before = fs.readFileSync(join(path, 'config.json'), 'utf8');
    const other = identity(3, (config) => {
      config.model.width = 128;
    });
    expect(() => open(path, other)).toThrow(/seed is 0 there, 3 here; model.width is 64 there, 128 here/);
    expect(codeOf(() => open(path, other))).toBe('other-configuration');
    expect(fs.readFileSync(join(path, 'config.json'), 'utf8')).toBe(before);
  });

  it('accept another save interval', () => {
    const path = join(root, 'run');
    open(path).close();
    const other = identity(0, (config) => {
      config.pretrain.saveEvery = 7;
    });
    open(path, other).close();
  });

  it('refuse a folder with something else in it', () => {
    fs.writeFileSync(join(root, 'thesis.tex'), '');
    expect(() => open(root)).toThrow(/thesis.tex/);
    expect(fs.readdirSync(root)).toEqual(['thesis.tex']);
  });

  it('refuse a config.json that is not ours', () => {
    fs.writeFileSync(join(root, 'config.json'), '{"compilerOptions":{}}');
    expect(codeOf(() => open(root))).toBe('bad-run-folder');
    fs.writeFileSync(join(root, 'config.json'), '{');
    expect(codeOf(() => open(root))).toBe('file');
  });

  it('refuse a path that cannot be a folder', () => {
    fs.writeFileSync(join(root, 'file'), '');
    expect(codeOf(() => open(join(root, 'file')))).toBe('file');
  });

  it('have one writer', () => {
    const path = join(root, 'run');
    const run = open(path);
    expect(codeOf(() => open(path))).toBe('folder-busy');
    run.close();
    open(path).close();
  });

  it('take over the lock of a process that was killed', async () => {
    const path = join(root, 'run');
    open(path).close();
    const child = spawn(process.execPath, ['-e', '']);
    const ended = new Promise((resolve) => child.on('exit', resolve));
    const { hostname } = await import('node:os');
    fs.writeFileSync(join(path, 'lock'), JSON.stringify({ pid: child.pid, host: hostname(), started: '1' }));
    await ended;
    open(path).close();
    fs.writeFileSync(join(path, 'lock'), JSON.stringify({ pid: process.pid, host: hostname(), started: 'an earlier process of this number' }));
    open(path).close();
    fs.writeFileSync(join(path, 'lock'), '');
    open(path).close();
    expect(fs.existsSync(join(path, 'lock'))).toBe(false);
  });

  it('survive a crash at every operation of being opened', () => {
    for (let at = 0; ; at++) {
      const path = join(root, `open-${at}`);
      const crashed = crashingAt(at, () => open(path).close());
      fs.rmSync(join(path, 'lock'), { force: true });
      open(path).close();
      if (!crashed) break;
    }
  });
});

describe('models that other phases start from', () => {
  it('are found in a run folder and in a folder of their own', () => {
    const path = join(root, 'run');
    const run = open(path, identity(5));
    run.save(1, { files: files(9) });
    run.close();
    const model = openModel(path, 'base', 'pretrain');
    expect(inputIdentity(model)).toMatchObject({ phase: 'pretrain', seed: 5 });
    const copy = openModel(join(path, 'checkpoint'), 'base', 'pretrain');
    expect(copy.sha256).toBe(model.sha256);
  });

  it('are refused with the command that makes them', () => {
    const path = join(root, 'run');
    const run = open(path);
    expect(() => openModel(path, 'base', 'pretrain')).toThrow(/no model.safetensors.*coxswain pretrain/);
    run.save(1, { files: files(9) });
    run.close();
    expect(() => openModel(path, 'controller', 'discover')).toThrow(/made by `coxswain pretrain`/);
    expect(codeOf(() => openModel(join(root, 'nowhere'), 'base', 'pretrain'))).toBe('bad-checkpoint');
  });

  it('are found by a search, checkpoints inside runs left out', () => {
    const run = open(join(root, 'a', 'b'));
    run.metrics.write(1, { reward: 1 });
    run.save(1, { files: files(1) });
    run.writeArtifact('result.json', { rows: [] });
    run.close();
    const found = findRuns(root);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ folder: join(root, 'a', 'b'), rows: [], metrics: [{ step: 1, reward: 1 }] });
    expect(codeOf(() => findRuns(join(root, 'c')))).toBe('file');
  });
});
