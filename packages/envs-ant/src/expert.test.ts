import type { RecordedTrajectories } from '@coxswain/envs';
import { resultOf } from '@coxswain/envs';
import { beforeAll, describe, expect, test } from 'vitest';
import { antWorld } from './definition.js';
import { type AntEngine, loadEngine } from './engine.js';
import type { AntSettings } from './settings.js';
import { settings } from './testing/bodies.js';

let engine: AntEngine;
beforeAll(async () => {
  engine = await loadEngine();
});

type How = { readonly count: number; readonly noise: number; readonly given?: Partial<AntSettings> };

function demonstrated(tasks: readonly string[], { count, noise, given }: How): RecordedTrajectories {
  const world = antWorld(engine);
  const played = { ...settings, ...given } as never;
  const { horizon } = world.defaults(played);
  const list = tasks.map((text) => world.task(played, text));
  const how = { tasks: list, horizon, count, seed: 1, noise };
  return resultOf(world.demonstrations!(played, how)) as RecordedTrajectories;
}

describe('demonstrations', () => {
  test('of tasks of the paper and of one that none of them shows: most attempts succeed', () => {
    const { recording } = demonstrated(['032', '213', '0123'], { count: 12, noise: 0 });
    // At most three of the fifteen first failed.
    expect(recording.episode?.[11]).toBeLessThan(15);
    for (let e = 0; e < 12; e++) {
      const events = Array.from(recording.event!.subarray(e * recording.horizon, (e + 1) * recording.horizon)).filter(
        (event) => event >= 0,
      );
      expect(events.join('')).toBe(['032', '213', '0123'][recording.task![e]]);
    }
    const torques = recording.action[0];
    for (let i = 0; i < torques.length; i++) if (!(Math.abs(torques[i]) <= 1)) expect(torques[i], `torque ${i}`).toBe('from −1 to 1');
  });

  test('with noise are Gaussian around the same torques', () => {
    const { recording, expertNll } = demonstrated(['2'], { count: 4, noise: 0.1 }) as RecordedTrajectories & { readonly expertNll: number };
    // Eight torques of standard deviation 0.1: their entropy, as the mean of some thousand.
    expect(expertNll).toBeCloseTo(8 * (0.5 * Math.log(2 * Math.PI * Math.E) + Math.log(0.1)), 0);
    expect(recording.count).toBe(4);
  });
});

describe('an episode', () => {
  const drawn = (given: Partial<AntSettings>): { readonly svg: string; readonly steps: number } => {
    const world = antWorld(engine);
    const shown = { ...settings, ...given } as never;
    const trajectories = demonstrated(['2'], { count: 1, noise: 0, given });
    const steps = trajectories.length[0];
    const picture = world.draw!(shown, {
      steps,
      observation: trajectories.observe([0], steps),
      action: trajectories.actions([0], steps),
      event: trajectories.recording.event!,
      switches: [0, 3],
      task: world.task(shown, '2'),
      success: true,
    });
    return { ...(picture as { readonly svg: string }), steps };
  };

  test('is drawn from above', () => {
    const { svg, steps } = drawn({});
    expect(svg.match(/<polyline points="([^"]*)" fill="none" stroke="currentColor" stroke-width="1.5"/)?.[1].split(' ')).toHaveLength(
      steps + 1,
    );
    // The body where it began and where it entered the colour; a visit; two codes; four colours and a wall.
    expect(svg.match(/<g class="still" data-step/g)).toHaveLength(2);
    expect(svg).toContain(`<circle cx="`);
    expect(svg.match(/new code at step/g)).toHaveLength(2);
    expect(svg.match(/<rect/g)).toHaveLength(5);
  });

  test('is the same picture where it was shown along the axes of the body', () => {
    // What moves is told by how far, which has a test of its own.
    const numbers = (svg: string): number[] => (svg.replace(/ data-moves="[^"]*"/g, '').match(/-?\d+(\.\d+)?/g) ?? []).map(Number);
    const [field, body] = [drawn({}), drawn({ frame: 'body' })].map(({ svg }) => numbers(svg));
    expect(body).toHaveLength(field.length);
    // Both are rounded to a tenth of a pixel.
    for (const [i, number] of field.entries()) expect(Math.abs(body[i] - number), `number ${i}`).toBeLessThan(0.11);
  });
});
