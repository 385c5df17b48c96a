/**
 * TensorFlow.js with its WebGPU backend on the same adapter: https://github.com/tensorflow/tfjs. It has no jit; work
 * runs eagerly.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Case, Input, Inputs } from '../case.js';
import { type Contestant, firstRun, type Prepared } from '../contestant.js';
import { loadTfjs } from '../surroundings.js';
import { provideNavigator } from './navigator.js';

export type Tfjs = typeof import('@tensorflow/tfjs-core');
export type TfjsTensor = Tensor;
/** Runs inside `tf.tidy`; takes the inputs in their order. */
export type TfjsCase = (tf: Tfjs, ...inputs: Tensor[]) => Tensor[];

export async function openTfjs(): Promise<Contestant> {
  const close = provideNavigator();
  const tf = await loadTfjs();
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
