import { type ChildProcess, spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { afterEach, expect, test } from 'vitest';

const PACKAGE = new URL('..', import.meta.url);
const WGSL = new URL('../../../scripts/register-wgsl.mjs', import.meta.url);

/** Adds on the GPU, prints, does `then`, and leaves the rest to Node. */
const program = (then: string): string => `
  import { add } from '@coxswain/tensor';
  import { requestDevice } from '@coxswain/tensor/node';
  const device = await requestDevice();
  const x = device.tensor(Float32Array.of(1, 2, 3));
  console.log(...(await add(x, x).read()));
  ${then}
  console.log('end');`;

const children: ChildProcess[] = [];
// One that never ends by itself has brought its test to the limit of all tests.
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Runs a module in a Node of its own until that ends. */
async function run(module: string, env: Record<string, string> = {}) {
  const args = ['--conditions=source', '--expose-gc', '--import', 'tsx', '--import', WGSL.href, '--input-type=module', '-e', module];
  const child = spawn(process.execPath, args, { cwd: PACKAGE, env: { ...process.env, ...env } });
  children.push(child);
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => {
    out.stdout += text;
  });
  child.stderr.on('data', (text) => {
    out.stderr += text;
  });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.on('close', (...how) => resolve(how)),
  );
  return { ...out, code, signal };
}

// dawn.node has crashed at exit where its objects outlived each other (dawn-gpu/node-webgpu, issue 18).
test.each([
  ['closes its device', 'device.close();'],
  ['never closes it', ''],
  ['never closes it, with its garbage collected', 'globalThis.gc(); await new Promise((turn) => setImmediate(turn)); globalThis.gc();'],
  ['closes it while a read waits', 'add(x, x).read().catch(({ name }) => console.log(name)); device.close();'],
  ['has used several devices', '(await requestDevice()).close(); await requestDevice(); device.close(); globalThis.gc();'],
])('a process that %s ends by itself, and well', async (_, then) => {
  const { stdout, stderr, code, signal } = await run(program(then));
  expect({ code, signal }, stderr).toEqual({ code: 0, signal: null });
  expect(stdout).toMatch(/^2 4 6\n/);
  expect(stdout).toMatch(/end\n/);
});

test('devices one after the other use the memory of those that were closed', async () => {
  const { stdout, stderr, code } = await run(
    `import fs from 'node:fs';
     import { requestDevice } from '@coxswain/tensor/node';
     const numbers = 16 << 20;
     // A software driver's memory is a file without a name; a GPU's is none of the process's.
     const bytesOf = (fd) => {
       try {
         return fs.readlinkSync('/proc/self/fd/' + fd).startsWith('/memfd:') ? 512 * fs.fstatSync(Number(fd)).blocks : 0;
       } catch {
         return 0; // the folder's own, closed by now
       }
     };
     const held = () => fs.readdirSync('/proc/self/fd').reduce((sum, fd) => sum + bytesOf(fd), 0);
     const after = [];
     for (let i = 0; i < 4; i++) {
       const device = await requestDevice();
       device.zeros([numbers]);
       await device.finish();
       device.close();
       after.push(held());
     }
     console.log(JSON.stringify({ grown: after.at(-1) - after[0], one: 4 * numbers }));`,
  );
  expect(code, stderr).toBe(0);
  const { grown, one } = JSON.parse(stdout);
  expect(grown).toBeLessThan(one);
});

test('without a driver: a NoAdapterError that says what to install', async () => {
  const { stdout, code } = await run(
    `import { requestDevice } from '@coxswain/tensor/node';
     await requestDevice().catch(({ name, code, remedy, message }) => console.log(JSON.stringify({ name, code, remedy, message })));`,
    { VK_DRIVER_FILES: '/nonexistent', VK_ICD_FILENAMES: '/nonexistent' },
  );
  expect(code).toBe(0);
  const error = JSON.parse(stdout);
  expect(error).toMatchObject({ name: 'NoAdapterError', code: 'no-adapter' });
  expect(error.remedy).toMatch(/npm run setup/);
  expect(error.message).toContain(error.remedy);
});

test.each([
  ['nothing is said of threads', { LP_NUM_THREADS: '' }, Math.min(2, availableParallelism())],
  ['LP_NUM_THREADS says how many threads', { LP_NUM_THREADS: '1' }, 1],
] as const)('devices that share work where %s: they compute side by side, and the process ends well', async (_, env, count) => {
  const { stdout, stderr, code } = await run(
    `import { add } from '@coxswain/tensor';
     import { requestDevices } from '@coxswain/tensor/node';
     const devices = await requestDevices();
     const sums = await Promise.all(devices.map((device, i) => { const x = device.tensor(Float32Array.of(i)); return add(x, x).read(); }));
     console.log(JSON.stringify({ sums: sums.map(([sum]) => sum), left: process.env.LP_NUM_THREADS, family: devices[0].traits.family }));
     for (const device of devices) device.close();
     console.log('end');`,
    env,
  );
  expect(code, stderr).toBe(0);
  const { sums, left, family } = JSON.parse(stdout.split('\n')[0]);
  expect(left).toBe(env.LP_NUM_THREADS || undefined);
  expect(sums).toEqual(Array.from({ length: family === 'gpu' ? 1 : count }, (_, i) => 2 * i));
});
