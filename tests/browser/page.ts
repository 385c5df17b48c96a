/** The program of a page that finds the shipped model's folders beside it. */
import { requestDevice } from '../../packages/tensor/src/web.js';
import { type ModelFiles, type Work, work } from './work.js';

async function filesOf(folder: string): Promise<ModelFiles> {
  const [config, weights] = await Promise.all(['config.json', 'model.safetensors'].map((file) => fetch(`${folder}/${file}`)));
  return { config: (await config.json()).config, weights: new Uint8Array(await weights.arrayBuffer()) };
}

/** All of `work` on the browser's own device. */
export async function play(): Promise<Work> {
  const device = await requestDevice();
  const done = await work(device, await filesOf('base'), await filesOf('controller'));
  device.close();
  return done;
}
