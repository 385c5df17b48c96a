import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, findRuns, identify, inputIdentity, openModel } from '@coxswain/lab';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { crashingAt } from './crash.js';
import { codeOf, files, identity, open } from './folders.js';

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'coxswain-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(root, { recursive: true, force: true });
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

  it('go on with a run from before a setting came into being, where that has its preset value', () => {
    const path = join(root, 'run');
    const { window, ...model } = identity().config.model as Config['model'];
    expect(window).toBe(0);
    const { phase, preset, seed, config, inputs } = identity();
    const earlier = identify({ phase, preset, seed, inputs, config: { ...config, model: model as Config['model'] } });
    expect(earlier.hash).not.toBe(identity().hash);
    open(path, earlier).close();
    open(path).close();
    const other = identity(0, (changed) => {
      changed.model.window = 4;
    });
    expect(() => open(path, other)).toThrow(/model.window is 0 there, 4 here/);
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
    fs.writeFileSync(join(path, 'lock'), JSON.stringify({ pid: child.pid, host: hostname(), started: '1' }));
    await ended;
    open(path).close();
    fs.writeFileSync(
      join(path, 'lock'),
      JSON.stringify({ pid: process.pid, host: hostname(), started: 'an earlier process of this number' }),
    );
    open(path).close();
    fs.writeFileSync(join(path, 'lock'), '');
    open(path).close();
    expect(fs.existsSync(join(path, 'lock'))).toBe(false);
  });

  it('are not taken for strangers by what a crash left in them', () => {
    fs.writeFileSync(join(root, 'lock.123'), '');
    fs.writeFileSync(join(root, 'config.json.new'), '{');
    open(root).close();
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

  it('tell how far their run had come, unless it has finished', () => {
    const path = join(root, 'run');
    const run = open(path);
    run.save(7, { files: files(9) });
    expect(openModel(path, 'base', 'pretrain').unfinishedAt).toBe(7);
    expect(openModel(join(path, 'checkpoint'), 'base', 'pretrain').unfinishedAt).toBe(7);
    run.writeArtifact('result.json', {});
    run.close();
    for (const folder of [path, join(path, 'checkpoint')]) expect(openModel(folder, 'base', 'pretrain').unfinishedAt).toBeUndefined();
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
