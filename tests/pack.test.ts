/** The folder for a machine without a network: what Node alone makes of it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'coxswain-pack-'));
const there = (...args: string[]): string => execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });

beforeAll(() => {
  execFileSync(process.execPath, [join(import.meta.dirname, '../scripts/pack.mjs'), folder, '--tests', '--models']);
});
afterAll(() => rmSync(folder, { recursive: true }));

it('the command finds the adapter', () => {
  expect(there('coxswain.mjs', 'adapter')).toMatch(/^adapter +\S.*\nkernels +for (GPUs|software adapters)/m);
});

it('the command knows which it is, also where its package is not', () => {
  expect(there('coxswain.mjs', '--version')).toMatch(/^\d+\.\d+\.\d+( \([0-9a-f]{40}(-dirty)?\))?\n$/);
});

it('the command plans the sweeps', () => {
  expect(there('coxswain.mjs', 'sweep', 'sweeps/smoke.yaml', '--dry')).toContain('missing  metacontroller-rl-2  coxswain reinforce');
});

it('the command moves the ant, on threads of its own', () => {
  const record = ['world', 'ant-pinpad', '--record', 'ant.safetensors', '--episodes', '2'];
  expect(there('coxswain.mjs', ...record)).toContain('Wrote ant.safetensors: 2 episodes of ant-pinpad');
});

it('the command times the whole loop of RL over the ant', () => {
  const small = ['model.width=16', 'model.depth=2', 'model.heads=2', 'model.mlp=16', 'internal.episodesPerUpdate=4'];
  const set = small.flatMap((change) => ['--set', change]);
  const told = there('coxswain.mjs', 'cost', '--preset', 'ant-mini', '--phase', 'reinforce', '--loop', '1', ...set);
  const [row] =
    told
      .match(/environment steps\/s\nreinforce.*/)?.[0]
      .split('\n')
      .slice(1) ?? [];
  // As many threads as the machine runs at once, and a rate.
  expect(row?.split(/ {2,}/).slice(-2)[0]).toBe(String(availableParallelism()));
  expect(Number(row?.split(/ {2,}/).at(-1)?.replaceAll(' ', ''))).toBeGreaterThan(0);
});

it('the command plays a world of a file beside it', () => {
  copyFileSync(join(import.meta.dirname, '../examples/my-world.ts'), join(folder, 'my-world.ts'));
  expect(there('coxswain.mjs', 'world', './my-world.ts', '--check')).not.toContain('broken');
  const small = ['model.width=16', 'model.depth=2', 'model.heads=2', 'pretrain.episodes=64', 'pretrain.batch=8', 'pretrain.steps=2'];
  const brief = [...small, 'pretrain.warmup=0', 'pretrain.evaluationEpisodes=16'].flatMap((change) => ['--set', change]);
  expect(there('coxswain.mjs', 'pretrain', '--world', './my-world.ts', ...brief, '--out', 'runs/mine')).toContain('Done: runs/mine');
});

it('the command plays with the shipped models', () => {
  const models = ['--base', 'models/grid-mini/base', '--controller', 'models/grid-mini/controller'];
  const few = ['--set', 'skills.worlds=16', '--set', 'skills.batches=1'];
  expect(there('coxswain.mjs', 'skills', ...models, ...few, '--out', 'runs/skills')).toContain('Done: runs/skills');
});

it('the benchmarks measure a kernel', () => {
  const out = there('bench.mjs', '--suite', 'kernels', '--filter', 'AdamW', '--samples', '3');
  expect(out).toContain('AdamW');
});

describe('the tests', () => {
  const tests = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['tests.mjs', ...args], { cwd: folder, encoding: 'utf8' });
    return { status, lines: stdout.trimEnd().split('\n'), stderr };
  };

  it('of a few files pass, in shares too', () => {
    const { status, lines, stderr } = tests('--only', 'kernels/src/rms-norm');
    expect(status, stderr).toBe(0);
    expect(lines[0]).toMatch(/^adapter: \S/);
    expect(lines[1]).toMatch(/^passed {2}kernels\/src\/rms-norm\/rms-norm\.test\.ts \([1-9]\d* passed, 0 failed, 0 skipped\) \d+ ms$/);
    expect(lines[2]).toMatch(/^files: 1 passed, 0 failed, 0 skipped, 0 left out; tests: [1-9]\d* passed, 0 failed, 0 skipped; /);
    const shares = ['1/2', '2/2'].map((share) => tests('--only', 'kernels/src/copy', '--shard', share));
    expect(shares.map((share) => share.lines[1].split(' ')[2])).toEqual(
      ['copy', 'takes'].map((name) => `kernels/src/copy/${name}.test.ts`),
    );
    expect(shares.map((share) => share.status)).toEqual([0, 0]);
  });

  it('stop in time, and say what they left out', () => {
    const { status, lines } = tests('--seconds', '0', '--only', 'kernels/src/copy');
    expect(status).toBe(0);
    expect(lines.at(-1)).toMatch(/^files: 0 passed, 0 failed, 0 skipped, 4 left out; /);
  });

  it('say what fails, and where', () => {
    const file = join(folder, 'tests/kernels/golden/rms_norm.safetensors');
    const golden = readFileSync(file);
    writeFileSync(
      file,
      golden.map((byte, at) => (at < golden.length / 2 ? byte : byte ^ 1)),
    );
    const { status, lines } = tests('--only', 'kernels/src/rms-norm');
    expect(status).toBe(1);
    expect(lines[1]).toMatch(/^failed /);
    expect(lines[2]).toMatch(/^ {2}kernels\/src\/rms-norm\/rms-norm\.test\.ts > \S/);
    expect(lines[3]).toMatch(/^ {4}AssertionError: expected .* to be less than /);
    expect(lines[4]).toMatch(/^ {4}at kernels\/src\/rms-norm\/rms-norm\.test\.ts \(tests\.mjs:\d+\): expect\d*\(.*\)\.toBeLessThan\(/);
    expect(lines.at(-1)).toMatch(/^files: 0 passed, 1 failed, /);

    rmSync(file);
    const without = tests('--only', 'kernels/src/rms-norm');
    expect(without.status).toBe(1);
    expect(without.lines.join('\n')).toContain('ENOENT');
  });
});

describe('the quarter of an hour', () => {
  const agenda = (...args: string[]) =>
    spawnSync(process.execPath, ['quarter-hour.mjs', '--out', 'results', ...args], { cwd: folder, encoding: 'utf8' });
  const told = () => JSON.parse(readFileSync(join(folder, 'results/agenda.json'), 'utf8'));

  it('runs a line, tells how it ended, and does not begin it again', () => {
    expect(agenda('--minutes', '100', '--each', '5000', '--only', 'adapter').stdout).toMatch(
      /^adapter: .*\nadapter: done in \d+ s, ended with 0 0\n$/,
    );
    expect(told().adapter).toMatchObject({
      done: true,
      commands: [{ command: 'node coxswain.mjs adapter --dawn no-vulkan_enable_f16_on_nvidia', code: 0 }, { code: 0 }],
    });
    expect(readFileSync(join(folder, 'results/adapter/as-it-is.log'), 'utf8')).toMatch(/^matrix units +\S/m);
    // Too little time for any line: what is done stays out, the rest is named.
    const { stdout } = agenda('--minutes', '0.1');
    expect(stdout).not.toContain('adapter');
    expect(stdout).toContain('tests: left for another time\n');
  });

  it('goes on within a line of commands in turn where it was interrupted', () => {
    const ledger = told();
    const [first, second] = ledger.adapter.commands;
    const interrupted = {
      ...ledger.adapter,
      done: false,
      commands: [
        { ...first, seconds: 1234 },
        { ...second, code: 130 },
      ],
    };
    writeFileSync(join(folder, 'results/agenda.json'), JSON.stringify({ ...ledger, adapter: interrupted }));
    agenda('--minutes', '100', '--each', '5000', '--only', 'adapter');
    expect(told().adapter).toMatchObject({ done: true, commands: [{ code: 0, seconds: 1234 }, { code: 0 }] });
    agenda('--minutes', '100', '--each', '5000', '--only', 'adapter');
    expect(told().adapter.commands[0].seconds).toBeLessThan(1234);
  });

  it('interrupts what outlasts its time, and says so', () => {
    agenda('--minutes', '0.6', '--only', 'twelve-colours');
    const { done, commands } = told()['twelve-colours'];
    expect(done).toBe(false);
    // 130 where Ctrl-C was heard in time; killed, so without a code, on a slower machine.
    for (const { code } of commands) expect([130, null]).toContain(code);
    expect(commands).toHaveLength(3);
  });

  it('refuses a line that is not', () => {
    const { status, stderr } = agenda('--only', 'test');
    expect(status).toBe(2);
    const lines = /--only (\S+)\]/.exec(stderr)?.[1].split(',');
    expect(lines).toContain('ant-paper');
    const page = readFileSync(join(import.meta.dirname, '../docs/gpu-agenda.md'), 'utf8');
    expect(lines).toEqual(Array.from(page.matchAll(/^\| `(.*?)`/gm), ([, name]) => name));
  });
});
