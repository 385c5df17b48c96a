/** jax-js on the same adapter: https://github.com/ekzhang/jax-js. Work is jitted, as its authors advise. */
import type { Array as JaxArray } from '@jax-js/jax';
import type { Case, Input, Inputs } from '../case.js';
import { type Contestant, firstRun, type Prepared } from '../contestant.js';
import { versions } from '../surroundings.js';
import { prepareJax } from '../training/jax-pretraining.js';
import { provideNavigator } from './navigator.js';

export type Jax = typeof import('@jax-js/jax');
export type { JaxArray };
/** Traced once by `jit`; takes the inputs in their order and owns each (jax-js counts references: `x.ref` keeps x). */
export type JaxCase = (jax: Jax, ...inputs: JaxArray[]) => JaxArray[];

export async function openJax(): Promise<Contestant> {
  const close = provideNavigator();
  const jax = await import('@jax-js/jax');
  const devices = await jax.init();
  if (!devices.includes('webgpu')) throw new Error('jax-js finds no WebGPU adapter');
  jax.defaultDevice('webgpu');
  return {
    name: 'jax-js',
    version: versions.jax,
    prepare: (item, inputs) => prepare(jax, item, inputs),
    pretrain: (spec, batch, start) => prepareJax(jax, spec, batch, start),
    close,
  };
}

function upload({ numpy }: Jax, { shape, data }: Input): JaxArray {
  return numpy.array(data, { shape: [...shape], dtype: data instanceof Float32Array ? numpy.float32 : numpy.int32 });
}

async function prepare(jax: Jax, { jax: work }: Case, inputs: Inputs): Promise<Prepared | undefined> {
  if (!work) return undefined;
  const from = performance.now();
  const arrays = Object.values(inputs).map((input) => upload(jax, input));
  const jitted = jax.jit((...given: JaxArray[]) => work(jax, ...given));
  let last: JaxArray[] = [];
  const drop = (): void => {
    for (const array of last) array.dispose();
    last = [];
  };
  const run = (): void => {
    drop();
    last = jitted(...arrays.map((array) => array.ref)) as JaxArray[];
  };
  const finish = async (): Promise<void> => {
    await jax.blockUntilReady(last);
  };
  return firstRun(from, {
    run,
    finish,
    outputs: async () => {
      const out: ArrayLike<number>[] = [];
      for (const array of last) out.push((await array.ref.data()) as Float32Array);
      return out;
    },
    dispose: () => {
      drop();
      for (const array of arrays) array.dispose();
    },
  });
}
