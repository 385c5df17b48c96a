/** TensorFlow.js with its WebGPU backend on the same adapter: https://github.com/tensorflow/tfjs. It has no jit; work runs eagerly. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Tensor } from '@tensorflow/tfjs-core';
import { build } from 'esbuild';
import type { Case, Input, Inputs } from '../case.js';
import { type Contestant, firstRun, type Prepared } from '../contestant.js';
import { provideNavigator } from './navigator.js';

export type Tfjs = typeof import('@tensorflow/tfjs-core');
export type TfjsTensor = Tensor;
/** Runs inside `tf.tidy`; takes the inputs in their order. */
export type TfjsCase = (tf: Tfjs, ...inputs: Tensor[]) => Tensor[];

/**
 * Its packages only fit together after a bundler: on Node the gradients are ES modules that Node does not take for such, and
 * the backend registers with another instance of the core.
 */
async function bundled(): Promise<Tfjs> {
  const here = dirname(fileURLToPath(import.meta.url));
  const parts = [
    "export * from '@tensorflow/tfjs-core';",
    "import '@tensorflow/tfjs-core/dist/register_all_gradients';",
    "import '@tensorflow/tfjs-backend-webgpu';",
  ];
  const folder = mkdtempSync(join(tmpdir(), 'coxswain-bench-'));
  const outfile = join(folder, 'tfjs.mjs');
  const stdin = { contents: parts.join('\n'), resolveDir: here };
  // It asks for Node's own modules by `require`, which ES modules have to make for themselves.
  const js = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  const forNode = { platform: 'node' as const, mainFields: ['module', 'main'], format: 'esm' as const, banner: { js } };
  await build({ stdin, outfile, bundle: true, logLevel: 'silent', ...forNode });
  try {
    return (await import(pathToFileURL(outfile).href)) as Tfjs;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export async function openTfjs(): Promise<Contestant> {
  const close = provideNavigator();
  const tf = await bundled();
  if (!(await tf.setBackend('webgpu'))) throw new Error('TensorFlow.js finds no WebGPU adapter');
  await tf.ready();
  return {
    name: 'tfjs',
    version: tf.version_core,
    prepare: (item, inputs) => prepare(tf, item, inputs),
    close: () => {
      tf.removeBackend('webgpu');
      close();
    },
  };
}

const upload = (tf: Tfjs, { shape, data }: Input): Tensor =>
  tf.tensor(data, [...shape], data instanceof Float32Array ? 'float32' : 'int32');

async function prepare(tf: Tfjs, { tfjs: work }: Case, inputs: Inputs): Promise<Prepared | undefined> {
  if (!work) return undefined;
  const from = performance.now();
  const tensors = Object.values(inputs).map((input) => upload(tf, input));
  let last: Tensor[] = [];
  const run = (): void => {
    for (const tensor of last) tensor.dispose();
    last = tf.tidy(() => work(tf, ...tensors));
  };
  // Reading the smallest output waits for the queue and moves least.
  const finish = async (): Promise<void> => {
    await last.reduce((a, b) => (b.size < a.size ? b : a)).data();
  };
  return firstRun(from, {
    run,
    finish,
    outputs: () => Promise.all(last.map((tensor) => tensor.data() as Promise<Float32Array>)),
    dispose: () => {
      for (const tensor of [...last, ...tensors]) tensor.dispose();
    },
  });
}
