/** Training in half precision, where a setting asks for it. */
import { type Device, LOSS_SCALE, type Precision } from '@coxswain/tensor';
import { SettingError } from '../errors.js';

/**
 * What losses are multiplied by at this precision.
 * @throws SettingError where the adapter cannot compute in it.
 */
export function gradientScaleOf({ traits }: Device, section: string, precision: Precision): number {
  if (precision === 'f32') return 1;
  if (!traits.f16) throw new SettingError(`${section}.precision`, precision, 'f32, for this adapter has no shader-f16', 'Leave it out.');
  return LOSS_SCALE;
}
