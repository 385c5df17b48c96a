/** Runs of real phases as processes of their own, killed at a chosen moment and started again. */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { digest } from '@coxswain/lab';
import { expect } from 'vitest';
import { type Followed, follow } from './waiting.js';

export type Run = {
  readonly phase: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly settings: string[];
  readonly env?: NodeJS.ProcessEnv;
};

export const SMALL_MODEL = { 'model.width': 16, 'model.depth': 2, 'model.heads': 2, 'model.mlp': 32 };
export const PRETRAIN = {
  ...SMALL_MODEL,
  'pretrain.steps': 24,
  'pretrain.warmup': 5,
  'pretrain.batch': 16,
  'pretrain.parts': 2,
  'pretrain.episodes': 300,
  'pretrain.evaluationEpisodes': 40,
  'pretrain.logEvery': 3,
  'pretrain.evaluateEvery': 10,
  'pretrain.saveEvery': 7,
};
export const DISCOVER = {
  'metacontroller.layer': 1,
  'metacontroller.rank': 4,
  'metacontroller.history': 8,
  'metacontroller.sequence': 8,
  'discover.view': 'touches',
  'discover.starts': 2,
  'discover.startsBy': 'loss',
  'discover.startSteps': 2,
  'discover.steps': 14,
  'discover.warmup': 3,
  'discover.batch': 16,
  'discover.episodes': 100,
  'discover.laterGateFrom': 7,
  'discover.alphaWarmup': 7,
  'discover.evaluationEpisodes': 16,
  'discover.logEvery': 2,
  'discover.evaluateEvery': 7,
  'discover.saveEvery': 4,
  'discover.injectionEpisodes': 0,
};

const DIE_AT = pathToFileURL(join(import.meta.dirname, 'die-at.mjs')).href;

/** Digests of everything that must not depend on interruptions. */
export function contents(out: string): Record<string, string> {
  const names = ['metrics.jsonl', 'result.json', ...fs.readdirSync(join(out, 'checkpoint')).map((name) => join('checkpoint', name))];
  return Object.fromEntries(names.map((name) => [name, digest(fs.readFileSync(join(out, name)))]));
}

/**
 * @param place gives the program, and the folder that runs are in by their names; asked when a run starts.
 * @param runs by name; the inputs of a run are other runs.
 */
export function killable(place: () => { readonly program: string; readonly root: string }, runs: Readonly<Record<string, Run>>) {
  /** @param dieAt see `die-at.mjs`. */
  function start(name: string, out: string, dieAt?: string): Followed {
    const { phase, inputs, settings, env } = runs[name];
    const { program, root } = place();
    const given = Object.entries(inputs).flatMap(([input, run]) => [`--${input}`, join(root, run)]);
    const preload = dieAt === undefined ? [] : ['--import', DIE_AT];
    return follow(
      spawn(process.execPath, [...preload, program, phase, '--seed', '4', '--out', out, ...given, ...settings], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, ...env, DIE_AT: dieAt },
      }),
    );
  }

  async function finish(name: string, out: string): Promise<void> {
    const { ended, said } = start(name, out);
    expect(await ended, said()).toBe(0);
  }

  /** Has a run killed once it has written so many lines of metrics, and so many disk operations after. */
  async function killAt(name: string, out: string, lines: number, after = 0): Promise<void> {
    const { child, ended, said } = start(name, out, `${lines} ${after}`);
    await ended;
    expect(child.signalCode, said()).toBe('SIGKILL');
  }

  return { start, finish, killAt };
}
