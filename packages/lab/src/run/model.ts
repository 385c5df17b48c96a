/** Checkpoints that other phases start from: `--base`, `--controller`. */

import fs from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { CheckpointError } from '@coxswain/tensor';
import { type Config, type WorldConfig, wholeConfig } from '../config.js';
import { digest, readProgress } from './checkpoint.js';
import { requireFiniteFile } from './finite.js';
import { RESULT_FILE, readRunConfig } from './folder.js';
import { differences, type InputIdentity, type RunIdentity } from './identity.js';
import { hasLeft, readSeal } from './seal.js';
import { onDisk } from './storage.js';

/** A trained model as another phase receives it. */
export type TrainedModel = {
  readonly folder: string;
  readonly identity: RunIdentity;
  /** The configuration it was trained with; sections that it did not read are its preset's. */
  readonly config: Config;
  /** Content of `model.safetensors`. */
  readonly bytes: Uint8Array;
  readonly sha256: string;
  /** Small values that its run saved beside it; empty where only the model was kept. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** Steps its run had done; absent where they were all of that run, or only the model was kept. */
  readonly unfinishedAt?: number;
};

/**
 * Inside a run folder, the folder that a model is in. A run that is being saved this very moment has its last whole one
 * in `checkpoint.old`.
 */
const modelFolder = (path: string): string | undefined =>
  ['checkpoint', 'checkpoint.old', '.'].map((inner) => join(path, inner)).find((inner) => fs.existsSync(join(inner, 'model.safetensors')));

/**
 * The world that a model was made in, as its run recorded it; `undefined` where there is no model, or it read no world.
 */
export function recordedWorld(path: string): WorldConfig | undefined {
  const folder = modelFolder(path);
  return folder === undefined ? undefined : readRunConfig(folder)?.config.world;
}

/**
 * Opens a run folder, or a folder that holds `model.safetensors` and `config.json` itself.
 * @param name how the command line calls it, for messages: `base`.
 * @param phase the phase that must have made it.
 * @throws CheckpointError that says what is missing and what makes it; NotFiniteError for a weight that is NaN or
 * infinite.
 */
export function openModel(path: string, name: string, phase: string): TrainedModel {
  const remedy = `Give --${name} a folder made by \`coxswain ${phase}\`.`;
  if (!fs.existsSync(path)) throw new CheckpointError(`--${name}`, `there is no ${path}`, `a folder made by \`coxswain ${phase}\``, remedy);
  const folder = modelFolder(path);
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
  const inRun = folder !== join(path, '.');
  const owner = inRun ? readRunConfig(path) : undefined;
  const other = owner ? differences(identity, owner) : [];
  if (other.length > 0)
    throw new CheckpointError(folder, `another run's: ${other.slice(0, 5).join('; ')}`, `a checkpoint of the run in ${path}`, remedy);
  const bytes = onDisk(file, () => fs.readFileSync(file));
  requireFiniteFile(bytes, file);
  const progress = readProgress(folder);
  if (inRun && !progress)
    throw new CheckpointError(join(folder, 'progress.json'), 'there is no such file', 'the digests of the model beside it', remedy);
  const seal = inRun ? undefined : readSeal(path);
  if (seal && seal.run !== identity.hash) throw new CheckpointError(path, "its seal.json is another run's", 'the files of one run', remedy);
  const { step, extra = {}, sha256 = seal?.files ?? {} } = progress ?? {};
  const config = join(folder, 'config.json');
  const digests = { 'model.safetensors': digest(bytes), 'config.json': digest(onDisk(config, () => fs.readFileSync(config))) };
  for (const [name, found] of Object.entries(digests))
    if (Object.hasOwn(sha256, name) && found !== sha256[name])
      throw new CheckpointError(
        join(folder, name),
        'not the bytes that its run saved',
        'the bytes that their digest is recorded of',
        remedy,
      );
  // Given the checkpoint itself, whether its run went on is known from the folder around it.
  const run = inRun ? path : dirname(resolve(folder));
  const finished = hasLeft(run, RESULT_FILE) && (inRun || basename(resolve(folder)) === 'checkpoint');
  return {
    folder,
    identity,
    config: wholeConfig(identity.config, identity.preset),
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
