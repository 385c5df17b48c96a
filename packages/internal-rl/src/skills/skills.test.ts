import { CoxswainError, HostRandom } from '@coxswain/base';
import { describe, expect, it } from 'vitest';
import { EPISODE_LEGEND, standaloneEpisode } from '../grid/draw.js';
import { agreements } from './agreement.js';
import type { ChainedEpisode } from './chain.js';
import { clusters, silhouette } from './clusters.js';
import { holdsOf } from './free-play.js';
import type { Skill } from './library.js';
import { chooseSkills } from './open.js';
import { drawnEpisode, tellEpisode, tellOrder } from './tell.js';

const skill = (reaches: number, name = `colour ${reaches}`): Skill => ({
  name,
  reaches,
  code: [reaches],
  purity: 1,
  reached: 1,
  steps: 1,
  count: 1,
});

describe('holds', () => {
  it('end where the switch opens, and know what was touched meanwhile', () => {
    expect(holdsOf([1, 0, 0, 1, 1, 0], [-1, -1, 2, -1, 3, 0])).toEqual([
      { from: 0, to: 3, ended: true, touched: [2], steps: 3 },
      { from: 3, to: 4, ended: true, touched: [], steps: 1 },
      { from: 4, to: 6, ended: false, touched: [3, 0], steps: 1 },
    ]);
  });
});

describe('agreement', () => {
  // Two groups: 0 to 3 and 4 to 7.
  const same = (a: number, b: number) => Math.floor(a / 4) === Math.floor(b / 4);
  const similarity = Float32Array.from({ length: 64 }, (_, at) => (same(Math.floor(at / 8), at % 8) ? 0.9 : 0.1));

  it('asks the nearest others, not the code itself', () => {
    const found = agreements(similarity, [0, 0, 0, 3, -1, -1, -1, -1], 3);
    expect(found[0]).toEqual({ colour: 0, share: 2 / 3 });
    expect(found[3]).toEqual({ colour: 0, share: 1 });
    expect(found[5]).toEqual({ colour: -1, share: 1 });
  });

  it('asks all others where there are fewer', () => {
    expect(agreements(Float32Array.of(1, 0, 0, 1), [2, 1], 32)).toEqual([
      { colour: 1, share: 1 },
      { colour: 2, share: 1 },
    ]);
  });
});

describe('clusters', () => {
  const random = new HostRandom(1);
  const middles = [
    [0, 0],
    [10, 0],
    [0, 10],
  ];
  const points = Array.from({ length: 60 }, (_, i) => middles[i % 3].map((x) => x + 0.5 * random.normal()));
  const distance = (a: number, b: number) => Math.hypot(...points[a].map((x, k) => x - points[b][k]));
  const options = { most: 6, starts: 4, distance };

  it('are as many as there are, the same every time', () => {
    const found = clusters(points, options);
    expect(found.count).toBe(3);
    expect(found.silhouette).toBeGreaterThan(0.8);
    for (const [i, of] of found.of.entries()) expect(of).toBe(found.of[i % 3]);
    expect(new Set(found.of).size).toBe(3);
    expect(clusters(points, options)).toEqual(found);
  });

  it.each([0, 1, 2])('%i points are one cluster', (few) => {
    expect(clusters(points.slice(0, few), options)).toMatchObject({ count: 1, of: new Array(few).fill(0) });
  });

  it('have the silhouette of the definition', () => {
    // On a line at 0, 1 and 5, the last by itself: (5 − 1) / 5, (4 − 1) / 4 and 0.
    const line = [0, 1, 5];
    expect(silhouette([0, 0, 1], 2, (a, b) => Math.abs(line[a] - line[b]))).toBeCloseTo((4 / 5 + 3 / 4) / 3, 12);
  });
});

describe('choosing', () => {
  const library = [skill(0), skill(1), skill(1, 'colour 1 (2)')];

  it('takes numbers and names, as often as they come', () => {
    expect(chooseSkills(library, '2, 0,colour 1 (2),0').map(({ name }) => name)).toEqual([
      'colour 1 (2)',
      'colour 0',
      'colour 1 (2)',
      'colour 0',
    ]);
  });

  it.each([
    ['3', '`3`', 'numbers from 0 to 2'],
    ['', '``', 'For example --skills 0.'],
    ['0,,1', '``', 'names (colour 0, colour 1, colour 1 (2))'],
    ['-1', '`-1`', 'numbers from 0 to 2'],
    ['1.5', '`1.5`', 'numbers from 0 to 2'],
    ['0,color 1', '`color 1`', 'Did you mean `colour 1`?'],
  ])('refuses `%s` and names what is wrong', (text, value, told) => {
    let thrown: unknown;
    try {
      chooseSkills(library, text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(CoxswainError);
    expect(thrown).toMatchObject({ code: 'usage', value });
    expect((thrown as CoxswainError).message).toContain(told);
  });
});

describe('telling', () => {
  const world = { size: 3, colours: 2, walls: 1 };
  const chain = [1, 0].map((reaches) => ({ label: `skill ${reaches}`, skill: skill(reaches) }));
  const episode: ChainedEpisode = {
    layout: [0, 2, 0, 3, 0, 1, 0, 0, 0],
    // Against the edge first, then right, up, right and down.
    path: [7, 7, 4, 1, 2, 5],
    holds: [
      { from: 0, to: 3, ended: true, touched: [1], steps: 3 },
      { from: 3, to: 5, ended: true, touched: [0], steps: 2 },
    ],
    touched: [1, 0],
    inOrder: 2,
  };

  it('shows the way of each skill, and says what it reached', () => {
    expect(tellEpisode(episode, chain, world)).toBe(
      [
        'skill 1    skill 0',
        '·  1* ·    ·  1→ ·↓',
        '#  ·↑ 0    #  ·  0*',
        '·  ·↑ ·    ·  ·  ·',
        '',
        'skill 1: reached colour 1 in 3 steps',
        'skill 0: reached colour 0 in 2 steps',
      ].join('\n'),
    );
    expect(tellOrder(episode, chain)).toBe('Touched in the chosen order: 1, 0.');
  });

  it('says what went wrong', () => {
    const cut = { ...episode, holds: [{ from: 0, to: 2, ended: false, touched: [], steps: 2 }], path: [7, 7, 4], touched: [], inOrder: 0 };
    expect(tellEpisode(cut, chain, world)).toMatch(
      /skill 1: reached no colour in 2 steps, then the episode was cut\nskill 0: its turn never came$/,
    );
    expect(tellOrder(cut, chain)).toBe('Not in the chosen order: asked for 1, 0, touched nothing.');
    expect(tellEpisode(episode, [chain[1], chain[0]], world)).toContain('skill 0: reached colour 1 instead of 0 in 3 steps');
  });

  it('draws it as one file that refers to nothing outside', () => {
    const drawing = standaloneEpisode(drawnEpisode(episode, chain, world));
    expect(drawing).toContain('Solved in 5 steps; task 10, visited 10.');
    expect(drawing).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(drawing).not.toMatch(/NaN|undefined|href|url\(/);
    for (const line of EPISODE_LEGEND) expect(drawing).toContain(line);
    const heights = [...drawing.matchAll(/<text x="8" y="([\d.]+)"/g)].map(([, y]) => Number(y));
    expect(Math.max(...heights)).toBeLessThan(Number(/height="(\d+)/.exec(drawing)?.[1]));
  });
});
