/** What a command that has done its work says it found, held against results that are stored. */

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Findings } from '@coxswain/lab';
import { afterAll, describe, expect, it } from 'vitest';
import { ANALYSES, PHASES, SUMMARIES } from '../src/lists.js';
import { ask } from './ask.js';

const results = join(import.meta.dirname, '../../../docs/results');
const models = join(import.meta.dirname, '../../models/grid-mini');
const root = fs.mkdtempSync(join(tmpdir(), 'coxswain-answers-'));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

const read = (path: string) => JSON.parse(fs.readFileSync(path, 'utf8'));
const answerOf = (phase: string, left: Record<string, unknown>): string =>
  PHASES.find(({ name }) => name === phase)
    ?.answer(left)
    .join('\n') ?? 'no such phase';

const coxswain = (...args: string[]) => ask(args);

it('a run ends with what it found, and a finished one says it again', async () => {
  const args = ['pretrain', '--out', join(root, 'run'), '--steps', '3', '--set', 'pretrain.warmup=0'];
  const { out } = await coxswain(...args);
  const { last } = read(join(root, 'run/result.json'));
  expect(out).toBe(`Done: ${join(root, 'run')}\n  The last number is ${last}.\n`);
  expect((await coxswain(...args)).out).toBe(out);
});

describe('phases', () => {
  it('the sequence model: its loss, what it could be, its behaviour', () => {
    expect(answerOf('pretrain', read(join(models, 'base/result.json')))).toBe(
      'Held-out loss 0.730 nats an action; who knew the task could not do better than 0.712 (ratio 1.025).\n' +
        'Of the episodes it plays by itself, 0.994 keep to transitions that the demonstrations show.',
    );
  });

  it('the metacontroller: its switches, its codes, its loss', () => {
    const answer = answerOf('discover', read(join(models, 'controller/result.json')));
    expect(answer).toContain('F1 1.000 at the exact step');
    expect(answer).toContain('read from the code at 1.000 of the steps; held-out loss 0.190 nats an action, 0.539 without it.');
  });

  it('its stages, and how its codes carry over', () => {
    const stage = { momentShare: 0.3, f1Exact: 0.9, readout: 0.5 };
    const stages = [
      { ...stage, stage: 1, view: 'jumps' },
      { ...stage, stage: 2, view: 'switches', agreement: 0.97 },
    ];
    const of = (reached: number, unseen: number | null) => ({ reached, unseen });
    const steps = [{ step: 6, without: of(0.3, 0.05), demonstrated: of(0.9, 0.8), free: of(0.7, null) }];
    const lines = answerOf('discover', { stages, injection: { episodes: 512, steps } }).split('\n');
    expect(lines[0]).toBe(
      'Stage 1 (jumps) was shown 0.300 of the steps before the last; against labels, which it was not shown: F1 0.900, read-out 0.500.',
    );
    expect(lines[1]).toContain('read-out 0.500; its switches agree with the last stage’s at 0.970.');
    expect(lines.at(-1)).toBe(
      'Injected at step 6 the colour is reached next in 0.900 with its code from demonstrations, 0.700 with one from unconditioned play, ' +
        '0.300 without; where no demonstration shows that transition, 0.800 with its code from demonstrations, ? with one from ' +
        'unconditioned play, 0.050 without.',
    );
    expect(answerOf('discover', { stages: [stages[0]] })).not.toContain('Stage 1');
  });

  it('skills, and success on each task', () => {
    expect(answerOf('skills', { skills: 4, colours: 4, clearShare: 0.9, purity: 0.8912 })).toContain('4 skills for 4 colours; 0.891 of');
    const stored = read(join(results, 'runs/grid-mini/internal-3012-1-2/result.json'));
    for (const phase of ['reinforce', 'evaluate', 'supervise'])
      expect(answerOf(phase, stored)).toBe(
        'Success on 3012: 0.843 of sampled episodes, after 61440 episodes of training.\n' +
          'Success on 01230123: 0 of sampled episodes, after 61440 episodes of training.',
      );
  });

  it.each(PHASES.map(({ name }) => name))('%s has words for a file of an earlier version', (name) => {
    expect(() => answerOf(name, {})).not.toThrow();
  });
});

describe('analyses', () => {
  const known = [...ANALYSES, ...SUMMARIES];
  const answerTo = (name: string): string =>
    known
      .find((one) => one.name === name)
      ?.answer(read(join(results, `grid-mini/${name}.json`)) as Findings)
      .join('\n') ?? '';
  const stored = known.map(({ name }) => name).filter((name) => fs.existsSync(join(results, `grid-mini/${name}.json`)));

  it('are nearly all stored', () => expect(stored.length).toBeGreaterThan(7));

  it.each(stored)('%s: its top numbers', (name) => {
    const answer = answerTo(name);
    expect(answer).toMatch(/\d/);
    expect(answer).not.toMatch(/undefined|NaN|\?|null/);
  });

  it('are those of the tables', () => {
    expect(answerTo('switches')).toContain('F1 1.000 at the exact step');
    expect(answerTo('injection')).toMatch(/^At step 0 the colour is reached next in 0\.\d+ with its code, 0\.256 without/);
    expect(answerTo('curves')).toContain('Co-trained, touches on 0123: 0 at the end, median of 6 runs, quartiles 0 and 0.478.');
  });
});
