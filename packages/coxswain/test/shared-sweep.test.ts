/** A sweep shared over a real Redis: machines go, Redis goes, and every run is done once. */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleToy } from './programs.js';
import { ALL_STEPS, ToySweep, times } from './toy-sweep.js';
import { eitherOver, type Followed, follow, until } from './waiting.js';

/**
 * Debian: `apt-get install redis-server`. The gate has it and says so, so that there these tests cannot be left out.
 */
const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
if (!hasRedis && process.env.COXSWAIN_REQUIRE_REDIS) throw new Error('there is no redis-server');

let programs: string;
let program: string;
let toys: ToySweep;
let port: number;
let redis: Followed | undefined;
const started: Followed[] = [];

beforeAll(async () => {
  programs = fs.mkdtempSync(join(tmpdir(), 'coxswain-shared-'));
  program = await bundleToy(programs);
});
afterAll(() => fs.rmSync(programs, { recursive: true, force: true }));
beforeEach(async () => {
  toys = new ToySweep(fs.mkdtempSync(join(tmpdir(), 'coxswain-shared-')), [1]);
  port = await freePort();
});
afterEach(() => {
  for (const one of [...started.splice(0), redis]) one?.child.kill('SIGKILL');
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
  const own = follow(spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', toys.root, ...more]));
  redis = own;
  await until(() => own.said().includes('Ready to accept connections'), own.over);
}
async function stopRedis(): Promise<void> {
  const own = redis as Followed;
  own.child.kill('SIGKILL');
  await own.ended;
}

function machine(
  address = `redis://127.0.0.1:${port}`,
  env: NodeJS.ProcessEnv = {},
  more: readonly string[] = [],
  runs = program,
): Followed {
  const one = follow(
    spawn(process.execPath, [runs, 'sweep', toys.write(), '--redis', address, ...more], {
      env: { ...process.env, TOY_GATE: toys.gate.path, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  started.push(one);
  return one;
}
/** Whether the last that a machine said of Redis is that it is away. */
const misses = (said: string): boolean => said.lastIndexOf('is away') > said.lastIndexOf('is back');

/** Every run whole, and no step of any of them done twice. */
function expectEachOnce(): void {
  for (const name of toys.names) {
    expect(toys.logged(name)).toEqual(ALL_STEPS);
    for (const step of ALL_STEPS) expect(times(toys.log(name), `toy step ${step} begins`), `${name}, step ${step}`).toBe(1);
    expect(times(toys.log(name), 'Done'), name).toBe(1);
  }
}

it.each([['bullmq'], ['ioredis']])('without %s a sweep is shared by nobody, and says what to install', async (missing) => {
  const { ended, said } = machine(undefined, {}, [], await bundleToy(programs, [missing]));
  expect(await ended, said()).toBe(19);
  expect(said()).toContain(`Redis at redis://127.0.0.1:${port}: \`${missing}\` is not installed`);
  expect(said()).toContain('npm install bullmq ioredis');
  expect(toys.finished()).toEqual([]);
});

describe('where no Redis answers', () => {
  const alone = (...more: string[]) => machine(undefined, {}, more);

  it('a sweep gives up when it was told to', async () => {
    const { ended, said } = alone('--redis-wait', '1');
    expect(await ended, said()).toBe(19);
    expect(said()).toContain(`Redis at redis://127.0.0.1:${port}: no answer within 1 s (`);
    expect(said()).toContain('--redis-wait');
    expect(toys.finished()).toEqual([]);
  });

  it('Ctrl-C ends it while it waits', async () => {
    const { child, ended, said, over } = alone('--redis-wait', '0');
    await until(() => said().includes('is away'), over);
    child.kill('SIGINT');
    expect(await ended, said()).toBe(130);
    expect(said()).toContain(`Stopped with 0 of ${toys.names.length} runs finished`);
  });

  it.each(['-1', 'soon'])('--redis-wait %s is refused', async (wait) => {
    const { ended, said } = alone('--redis-wait', wait);
    expect(await ended).toBe(2);
    expect(said()).toContain(`--redis-wait: \`${wait}\``);
  });
});

describe.skipIf(!hasRedis)('coxswain sweep --redis', () => {
  it('does every run once although a machine is killed half-way and Redis forgets everything', async () => {
    toys = new ToySweep(toys.root, [1, 2]);
    await startRedis();
    toys.gate.hold('discover', 20);
    const [one, other] = [machine(), machine()];
    // Each is amid a run.
    const doing = ({ said }: Followed): string | undefined =>
      toys.names.find((name) => said().includes(`started ${name}\n`) && name.startsWith('next') && toys.begun(name) === 20);
    await until(() => doing(one) !== undefined && doing(other) !== undefined, eitherOver(one, other));
    const [left, kept] = [doing(one), doing(other)] as [string, string];
    one.child.kill('SIGKILL');
    await until(() => toys.log(left).includes('again to stop at once'), other.over);
    // All go on but for one that nobody has begun; while that waits, Redis goes.
    const [width, seed] = (toys.names.filter((name) => name.startsWith('next') && name !== left && name !== kept).at(-1) as string)
      .split('-')
      .slice(1);
    toys.gate.hold(`discover-${width}-${seed}`, 20);
    await until(() => toys.begun(`next-${width}-${seed}`) === 20, other.over);
    await stopRedis();
    await until(() => misses(other.said()), other.over);
    await startRedis();
    await until(() => !misses(other.said()), other.over);
    toys.gate.open();
    expect(await other.ended, other.said()).toBe(0);
    expect(toys.log(left)).toContain('Going on with');
    expect(toys.finished()).toEqual(toys.names);
    expectEachOnce();
    const table = fs.readFileSync(join(toys.root, 'runs', 'sweep.md'), 'utf8');
    for (const name of toys.names) expect(table).toContain(`| ${name} | finished |`);
  });

  it('waits for a Redis that is not there yet', async () => {
    const { ended, said, over } = machine();
    await until(() => said().includes('is away (connect ECONNREFUSED'), over);
    await startRedis();
    expect(await ended, said()).toBe(0);
    expectEachOnceFinished();
  });

  it('gives its runs back on Ctrl-C', async () => {
    await startRedis();
    toys.gate.hold('pretrain', 20);
    const first = machine();
    const begun = () => ['base-32', 'base-64'].find((name) => toys.begun(name) === 20);
    await until(() => begun() !== undefined, first.over);
    first.child.kill('SIGINT');
    await until(() => toys.log(begun() as string).includes('again to stop at once'), first.over);
    toys.gate.open();
    expect(await first.ended, first.said()).toBe(130);
    expect(first.said()).toContain('Stopped with');
    const second = machine();
    expect(await second.ended, second.said()).toBe(0);
    expectEachOnceFinished();
  });

  it('leaves what is too large for one machine to another', async () => {
    await startRedis();
    const small = machine(undefined, { TOY_WIDEST: '32' });
    await until(() => small.said().includes('left to other machines'), small.over);
    expect(small.said()).toMatch(
      /base-64 is too large for this adapter \(Error: Out of GPU memory: a toy 64 wide; at most 32.*\); left to/,
    );
    const large = machine();
    for (const { ended, said } of [small, large]) expect(await ended, said()).toBe(0);
    expectEachOnceFinished();
    for (const name of toys.names.filter((name) => name.includes('64'))) expect(small.said()).not.toContain(`finished ${name}`);
  });

  it('tells every machine of a run that fails, and tries it again the next time', async () => {
    await startRedis();
    fs.mkdirSync(toys.run('base-64'), { recursive: true });
    fs.writeFileSync(join(toys.run('base-64'), 'thesis.tex'), '');
    const both = [machine(), machine()];
    for (const { ended, said } of both) {
      expect(await ended, said()).toBe(18);
      expect(said()).toMatch(/2 of 4 runs finished: base-64 .*thesis\.tex.*1 held up/s);
    }
    fs.rmSync(toys.run('base-64'), { recursive: true });
    const again = machine();
    expect(await again.ended, again.said()).toBe(0);
    expectEachOnceFinished();
  });

  it.each([
    ['an address that is none', () => '127.0.0.1:6379', 'redis://'],
    ['another protocol', () => 'http://127.0.0.1:6379', 'http:'],
    ['a wrong password', () => `redis://:wrong@127.0.0.1:${port}`, 'WRONGPASS'],
  ])('refuses %s', async (_, address, named) => {
    await startRedis('--requirepass', 'right');
    const { ended, said } = machine(address());
    expect(await ended, said()).toBe(19);
    expect(said()).toContain(named);
  });
});

function expectEachOnceFinished(): void {
  expect(toys.finished()).toEqual(toys.names);
  for (const name of toys.names) expect(times(toys.log(name), 'Done'), name).toBe(1);
}
