/** Run folders for tests. */
import '../src/lists.js';
import { CoxswainError } from '@coxswain/base';
import { identify, pick, preset, RunFolder, type RunIdentity } from '@coxswain/lab';
import { writeSafetensors } from '@coxswain/tensor';

export const identity = (seed = 0, change: (config: ReturnType<typeof preset>) => void = () => {}): RunIdentity => {
  const config = preset('grid-mini');
  change(config);
  return identify({ phase: 'pretrain', preset: 'grid-mini', seed, config: pick(config, ['world', 'model', 'pretrain']), inputs: {} });
};
export const open = (path: string, of = identity()) => new RunFolder(path, of, 'coxswain pretrain');
export const files = (value: number) => ({
  'model.safetensors': writeSafetensors(new Map([['w', { shape: [1024], data: new Float32Array(1024).fill(value) }]])),
  'state.safetensors': new Uint8Array(512).fill(value),
});
export const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return error instanceof CoxswainError ? error.code : `unexpected ${String(error)}`;
  }
  return 'nothing thrown';
};
