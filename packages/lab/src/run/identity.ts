/** What makes a run this run and no other. */

import { z } from 'zod';
import { completeConfig, hashedSettings, knowsAll, type PartialConfig } from '../config.js';
import { RunFolderError } from '../errors.js';
import { canonicalJson, hashOf } from '../settings/json.js';
import { fitted } from './fitted.js';
import { parseJson } from './storage.js';

/** A checkpoint a run starts from, by content. */
export type InputIdentity = { readonly phase: string; readonly seed: number; readonly sha256: string };

/** Written as `config.json` beside every checkpoint. */
export type RunIdentity = {
  readonly format: 1;
  readonly phase: string;
  readonly preset: string;
  readonly seed: number;
  /** The sections the phase reads, in full. */
  readonly config: PartialConfig;
  /** The checkpoints it starts from: `base`, `controller`, … */
  readonly inputs: Readonly<Record<string, InputIdentity>>;
  /** SHA-256 of phase, seed, settings that count and inputs; the preset's name and the paths do not count. */
  readonly hash: string;
};

const SECTIONS: z.ZodType<PartialConfig> = z.record(z.string(), z.record(z.string(), z.unknown()));
const IDENTITY: z.ZodType<RunIdentity> = z.looseObject({
  format: z.literal(1),
  phase: z.string(),
  preset: z.string(),
  seed: z.number(),
  config: SECTIONS,
  inputs: z.record(z.string(), z.looseObject({ phase: z.string(), seed: z.number(), sha256: z.string() })),
  hash: z.string(),
});

type Facts = Pick<RunIdentity, 'phase' | 'preset' | 'seed' | 'config' | 'inputs'>;

/** What `hash` is taken over, flat: `seed`, `inputs.base`, `model.width`, … */
function facts({ phase, seed, config, inputs }: Facts): Record<string, unknown> {
  const digests = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [`inputs.${name}`, input.sha256]));
  return { phase, seed, ...hashedSettings(config), ...digests };
}

/** The identity of a run. */
export function identify(run: Facts): RunIdentity {
  const { phase, preset, seed, config, inputs } = run;
  return { format: 1, phase, preset, seed, config, inputs, hash: hashOf(facts(run)) };
}

/**
 * The identity that a `config.json` states, with settings that came into being since filled in: whoever reads a run has
 * all of them.
 * @throws FileError for what is no JSON; RunFolderError for JSON that is none, or whose hash is not that of what it
 * says.
 */
export function readIdentity(path: string, text: string): RunIdentity {
  const refuse = (value: string): never => {
    throw new RunFolderError(
      path,
      value,
      'a config.json as `coxswain` wrote it',
      'Restore it from a copy, or choose another folder with --out.',
    );
  };
  const identity = fitted(IDENTITY, parseJson(path, text), refuse);
  // Which settings of another's section count for the hash only its system knows.
  if (knowsAll(identity.config) && hashOf(facts(identity)) !== identity.hash) refuse('what it says was changed since: its hash is another');
  return completed(identity);
}

/**
 * Fills in settings that are newer than the run. Rule: what a new setting is in a preset means what was done before it
 * existed.
 * @param also sections that its phase reads by now.
 */
export function completed(run: RunIdentity, also: readonly string[] = []): RunIdentity {
  const sections = [...new Set([...Object.keys(run.config), ...also])];
  return { ...run, config: completeConfig(run.config, run.preset, sections) };
}

/**
 * Phase and seed of what a run starts from: its digest says the same, so they are no part of the hash, but reports read
 * them.
 */
function labels({ inputs }: RunIdentity): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, { phase, seed }]) => [
      [`inputs.${name}.phase`, phase],
      [`inputs.${name}.seed`, seed],
    ]),
  );
}

/** Where the run that is there differs from the one that is asked for; empty when they are one and the same. */
export function differences(there: RunIdentity, here: RunIdentity): string[] {
  const same = there.hash === here.hash && canonicalJson(labels(there)) === canonicalJson(labels(here));
  return same ? [] : compare(completed(there, there.phase === here.phase ? Object.keys(here.config) : []), here);
}

type Told = (there: PartialConfig, here: PartialConfig) => string | undefined;

/**
 * What is said of files that hold something else, in place of their digests; nothing where only one of the runs read
 * one.
 */
const FILES: Readonly<Record<string, Told>> = {
  'world.sha256': (there, here) =>
    there.world?.sha256 && here.world?.sha256 ? `its world ${here.world.file} is not what ${there.world.file} held then` : undefined,
  'world.demonstrationsSha256': ({ world: there }, { world: here }) =>
    there?.demonstrations && here?.demonstrations
      ? `its demonstrations ${here.demonstrations} are not what ${there.demonstrations} held then`
      : undefined,
};

/** Where two runs differ, one sentence each: `model.width is 64 there, 128 here`. */
function compare(there: RunIdentity, here: RunIdentity): string[] {
  const [a, b] = [there, here].map((run): Record<string, unknown> => ({ ...facts(run), ...labels(run) }));
  const show = (value: unknown) =>
    value === undefined ? 'absent' : typeof value === 'string' && value.length > 24 ? `${value.slice(0, 12)}…` : JSON.stringify(value);
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]))
    .map((key) => FILES[key]?.(there.config, here.config) ?? `${key} is ${show(a[key])} there, ${show(b[key])} here`);
}
