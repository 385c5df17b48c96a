/** Checkpoints that other phases start from: `--base`, `--controller`. */
import fs from 'node:fs';
import { join } from 'node:path';
import { CheckpointError } from '@coxswain/tensor';
import { type Checkpoint, digest } from './checkpoint.js';
import { requireFiniteFile } from './finite.js';
import { RESULT_FILE, readRunConfig } from './folder.js';
import type { InputIdentity, RunIdentity } from './identity.js';
import { onDisk, readJson } from './storage.js';

/** A trained model as another phase receives it. */
export type TrainedModel = {
  readonly folder: string;
  /** The configuration it was trained with. */
  readonly identity: RunIdentity;
  /** Content of `model.safetensors`. */
  readonly bytes: Uint8Array;
  readonly sha256: string;
  /** Small values that its run saved beside it; empty where only the model was kept. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** Steps its run had done when it was opened; absent where that run has finished, or only the model was kept. */
  readonly unfinishedAt?: number;
};

type Progress = Partial<Pick<Checkpoint, 'step' | 'extra'> & { readonly sha256: Readonly<Record<string, string>> }>;

/**
 * Opens a run folder, or a folder that holds `model.safetensors` and `config.json` itself.
 * @param name how the command line calls it, for messages: `base`.
 * @param phase the phase that must have made it.
 * @throws CheckpointError that says what is missing and what makes it; NotFiniteError for a weight that is NaN or infinite.
 */
export function openModel(path: string, name: string, phase: string): TrainedModel {
  const remedy = `Give --${name} a folder made by \`coxswain ${phase}\`.`;
  if (!fs.existsSync(path)) throw new CheckpointError(`--${name}`, `there is no ${path}`, `a folder made by \`coxswain ${phase}\``, remedy);
  // A run that is being saved this very moment has its last whole checkpoint in `checkpoint.old`.
  const folder = ['checkpoint', 'checkpoint.old', '.']
    .map((inner) => join(path, inner))
    .find((inner) => fs.existsSync(join(inner, 'model.safetensors')));
  const file = join(folder ?? path, 'model.safetensors');
  if (folder === undefined)
    throw new CheckpointError(`--${name}`, `${path} holds no model.safetensors`, `a folder made by \`coxswain ${phase}\``, remedy);
  const identity = readRunConfig(folder);
  if (!identity) throw new CheckpointError(`--${name}`, `${folder} holds no config.json`, 'config.json beside model.safetensors', remedy);
  if (identity.phase !== phase)
    throw new CheckpointError(
      `--${name}`,
      `${path} was made by \`coxswain ${identity.phase}\``,
      `one made by \`coxswain ${phase}\``,
      remedy,
    );
  const bytes = onDisk(file, () => fs.readFileSync(file));
  requireFiniteFile(bytes, file);
  const { step, extra = {}, sha256 = {} } = (readJson(join(folder, 'progress.json')) ?? {}) as Progress;
  const config = join(folder, 'config.json');
  const digests = { 'model.safetensors': digest(bytes), 'config.json': digest(onDisk(config, () => fs.readFileSync(config))) };
  for (const [name, found] of Object.entries(digests))
    if (Object.hasOwn(sha256, name) && found !== sha256[name])
      throw new CheckpointError(
        join(folder, name),
        'not the bytes that its run saved',
        'the bytes that progress.json has the digest of',
        remedy,
      );
  const finished = folder === join(path, '.') || fs.existsSync(join(path, RESULT_FILE));
  return {
    folder,
    identity,
    bytes,
    sha256: digests['model.safetensors'],
    extra,
    ...(finished || step === undefined ? {} : { unfinishedAt: step }),
  };
}

/** What a run records of a model it starts from. */
export function inputIdentity({ identity, sha256 }: TrainedModel): InputIdentity {
  return { phase: identity.phase, seed: identity.seed, sha256 };
}
