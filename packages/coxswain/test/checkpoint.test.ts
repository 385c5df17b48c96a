import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MetricsWriter, readCheckpoint, readMetrics, recover, writeAtomic } from '@coxswain/lab';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { crashingAt, fillDisk } from './crash.js';
import { codeOf, files, open } from './folders.js';

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'coxswain-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(root, { recursive: true, force: true });
});

const lines = (path: string) => fs.readFileSync(join(path, 'metrics.jsonl'), 'utf8');

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
    expect(fs.readdirSync(join(root, 'run')).sort()).toEqual(['checkpoint', 'config.json', 'metrics.jsonl', 'seal.json']);
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
