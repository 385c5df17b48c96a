/** The program of a page that finds the shipped models' folder where their package says, beside the program's own. */
import { gridMini } from '../../packages/models/src/index.js';
import { requestDevice } from '../../packages/tensor/src/web.js';
import { type Work, work } from './work.js';

/** All of `work` on the browser's own device. */
export async function play(): Promise<Work> {
  const device = await requestDevice();
  const done = await work(device, gridMini);
  device.close();
  return done;
}
