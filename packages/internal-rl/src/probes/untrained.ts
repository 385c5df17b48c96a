/** Controllers at their random start in place of trained ones, see `untrainedBase`. */

import { asTrained, type Config, loadBase, type TrainedModel } from '@coxswain/lab';
import { controllerTensors, withCodes } from '@coxswain/metacontroller';
import { type Device, writeSafetensors } from '@coxswain/tensor';
import { makeController } from '../phases/controller.js';
import { methodOf } from '../phases/methods.js';

/** @param trained what `untrainedBase` gave. */
export async function untrainedController(device: Device, config: Config, trained: TrainedModel): Promise<TrainedModel> {
  const { trainsBase } = methodOf(config);
  const base = loadBase(device, trained, trainsBase);
  const controller = makeController(device, config, base, 0);
  const { code } = config.metacontroller;
  const codes = { mean: new Float32Array(code), std: new Float32Array(code).fill(1) };
  const bytes = writeSafetensors(withCodes(await controllerTensors(controller.store, trainsBase ? base.store : undefined), codes));
  controller.dispose();
  base.dispose();
  return asTrained('discover', config, bytes);
}
