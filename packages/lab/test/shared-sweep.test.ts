/** A sweep shared over a real Redis: machines go, Redis goes, and every run is done once. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleToy } from './programs.js';
import { ALL_STEPS, ToySweep, times, until } from './toy-sweep.js';

/** Debian: `apt-get install redis-server`. The gate has it and says so, so that there these tests cannot be left out. */
const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
if (!hasRedis && process.env.COXSWAIN_REQUIRE_REDIS) throw new Error('there is no redis-server');

let programs: string;
let program: string;
let toys: ToySweep;
let port: number;
let redis: ChildProcess | undefined;
const started: ChildProcess[] = [];

beforeAll(async () => {
  programs = fs.mkdtempSync(join(tmpdir(), 'coxswain-shared-'));
  program = await bundleToy(programs);
});
afterAll(() => fs.rmSync(programs, { recursive: true, force: true }));
beforeEach(async () => {
  toys = new ToySweep(fs.mkdtempSync(join(tmpdir(), 'coxswain-shared-')), [1, 2, 3]);
  port = await freePort();
});
afterEach(() => {
  for (const child of [...started.splice(0), redis]) child?.kill('SIGKILL');
  fs.rmSync(toys.root, { recursive: true, force: true });
});

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

/** A Redis that remembers nothing when it ends: the worst there is. */
async function startRedis(...more: string[]): Promise<void> {
  const own = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', toys.root, ...more]);
  let said = '';
  own.stdout.on('data', (chunk) => (said += chunk));
  redis = own;
  await until(() => said.includes('Ready to accept connections'));
}
const ending = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.on('close', resolve));
async function stopRedis(): Promise<void> {
  const own = redis as ChildProcess;
  const ended = ending(own);
  own.kill('SIGKILL');
  await ended;
}

function machine(stepMs: number, address = `redis://127.0.0.1:${port}`, env: NodeJS.ProcessEnv = {}, more: readonly string[] = []) {
  const child = spawn(process.execPath, [program, 'sweep', toys.write(), '--redis', address, ...more], {
    env: { ...process.env, TOY_STEP_MS: String(stepMs), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  child.stderr.on('data', (chunk) => (said += chunk));
  return { child, ended: ending(child), said: () => said };
}

/** Every run whole, and no step of any of them done twice. */
function expectEachOnce(): void {
  for (const name of toys.names) {
    expect(toys.logged(name)).toEqual(ALL_STEPS);
    for (const step of ALL_STEPS) expect(times(toys.log(name), `toy step ${step} begins`), `${name}, step ${step}`).toBe(1);
    expect(times(toys.log(name), 'Done'), name).toBe(1);
  }
}

describe('where no Redis answers', () => {
  const alone = (...more: string[]) => machine(0, undefined, {}, more);

  it('a sweep gives up when it was told to', async () => {
    const { ended, said } = alone('--redis-wait', '1');
    expect(await ended, said()).toBe(19);
    expect(said()).toContain(`Redis at redis://127.0.0.1:${port}: no answer within 1 s (connect ECONNREFUSED`);
    expect(said()).toContain('--redis-wait');
    expect(toys.finished()).toEqual([]);
  });

  it('Ctrl-C ends it while it waits', async () => {
    const { child, ended, said } = alone('--redis-wait', '0');
    await until(() => said().includes('is away'));
    child.kill('SIGINT');
    expect(await ended, said()).toBe(130);
    expect(said()).toContain('Stopped with 0 of 8 runs finished');
  });

  it.each(['-1', 'soon'])('--redis-wait %s is refused', async (wait) => {
    const { ended, said } = alone('--redis-wait', wait);
    expect(await ended).toBe(2);
    expect(said()).toContain(`--redis-wait: \`${wait}\``);
  });
});

describe.skipIf(!hasRedis)('coxswain sweep --redis', () => {
  it('does every run once although a machine is killed half-way and Redis forgets everything', async () => {
    await startRedis();
    const [one, other] = [machine(40), machine(40)];
    await until(() => toys.finished().length >= 2);
    const doing = (said: string): string[] =>
      toys.names.filter((name) => said.includes(`started ${name}\n`) && toys.begun(name) > 5 && toys.begun(name) < 25);
    await until(() => doing(one.said()).length > 0);
    const [left] = doing(one.said());
    one.child.kill('SIGKILL');
    await until(() => toys.finished().length >= 4);
    await stopRedis();
    await until(() => other.said().includes('is away'));
    await startRedis();
    expect(await other.ended, other.said()).toBe(0);
    expect(other.said()).toContain('is back');
    expect(toys.log(left)).toContain('Going on with');
    expect(toys.finished()).toHaveLength(8);
    expectEachOnce();
    const table = fs.readFileSync(join(toys.root, 'runs', 'sweep.md'), 'utf8');
    for (const name of toys.names) expect(table).toContain(`| ${name} | finished |`);
  });

  it('waits for a Redis that is not there yet', async () => {
    const { ended, said } = machine(0);
    await until(() => said().includes('is away (connect ECONNREFUSED'));
    await startRedis();
    expect(await ended, said()).toBe(0);
    expectEachOnceFinished();
  });

  it('gives its runs back on Ctrl-C', async () => {
    await startRedis();
    const first = machine(20);
    await until(() => toys.begun('base-32') + toys.begun('base-64') > 10);
    first.child.kill('SIGINT');
    expect(await first.ended, first.said()).toBe(130);
    expect(first.said()).toContain('Stopped with');
    const second = machine(0);
    expect(await second.ended, second.said()).toBe(0);
    expectEachOnceFinished();
  });

  it('leaves what is too large for one machine to another', async () => {
    await startRedis();
    const small = machine(5, undefined, { TOY_WIDEST: '32' });
    await until(() => small.said().includes('left to other machines'));
    expect(small.said()).toMatch(
      /base-64 is too large for this adapter \(Error: Out of GPU memory: a toy 64 wide; at most 32.*\); left to/,
    );
    const large = machine(5);
    for (const { ended, said } of [small, large]) expect(await ended, said()).toBe(0);
    expectEachOnceFinished();
    for (const name of toys.names.filter((name) => name.includes('64'))) expect(small.said()).not.toContain(`finished ${name}`);
  });

  it('tells every machine of a run that fails, and tries it again the next time', async () => {
    await startRedis();
    fs.mkdirSync(toys.run('base-64'), { recursive: true });
    fs.writeFileSync(join(toys.run('base-64'), 'thesis.tex'), '');
    const both = [machine(5), machine(5)];
    for (const { ended, said } of both) {
      expect(await ended, said()).toBe(18);
      expect(said()).toMatch(/4 of 8 runs finished: base-64 .*thesis\.tex.*3 held up/s);
    }
    fs.rmSync(toys.run('base-64'), { recursive: true });
    const again = machine(0);
    expect(await again.ended, again.said()).toBe(0);
    expectEachOnceFinished();
  });

  it.each([
    ['an address that is none', () => '127.0.0.1:6379', 'redis://'],
    ['another protocol', () => 'http://127.0.0.1:6379', 'http:'],
    ['a wrong password', () => `redis://:wrong@127.0.0.1:${port}`, 'WRONGPASS'],
  ])('refuses %s', async (_, address, named) => {
    await startRedis('--requirepass', 'right');
    const { ended, said } = machine(0, address());
    expect(await ended, said()).toBe(19);
    expect(said()).toContain(named);
  });
});

function expectEachOnceFinished(): void {
  expect(toys.finished()).toHaveLength(8);
  for (const name of toys.names) expect(times(toys.log(name), 'Done'), name).toBe(1);
}
