import { maskedMean, noGrad } from '@coxswain/tensor';
import { type SequenceBatch, spaceTensors, writeValues } from '@coxswain/transformer';
import type { Base } from './base.js';

/** Nats per action of the base by itself on the steps of a batch that are not masked. */
export function batchNll({ model, store }: Base, batch: SequenceBatch): Promise<number> {
  const { device } = store;
  const { batch: size, time, mask } = batch;
  const { observation, action } = model.config;
  return noGrad(() => {
    const [seen, done] = [spaceTensors(device, observation, size * time), spaceTensors(device, action, size * time)];
    writeValues(seen, batch.observation);
    writeValues(done, batch.action);
    const e = model.blocks(model.embed(seen), { batch: size, time });
    return maskedMean(model.action(e).nll(done), device.tensor(mask));
  }).item();
}
