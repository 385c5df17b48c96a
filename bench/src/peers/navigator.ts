/** Peers look for `navigator.gpu`, as a browser has it; here it is Dawn's, of the `webgpu` package. */
import { create, globals } from 'webgpu';

/** @returns how to let go of it. Dawn must outlive every device made through it. */
export function provideNavigator(): () => void {
  Object.assign(globalThis, globals);
  const held: { gpu: GPU | undefined } = { gpu: create([]) };
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: held.gpu, userAgent: 'node' }, configurable: true });
  return () => {
    held.gpu = undefined;
    if (before) Object.defineProperty(globalThis, 'navigator', before);
  };
}
