/** The page's script, run on a page without a browser. */
import { parseHTML } from 'linkedom';
import { expect, it } from 'vitest';
import { SCRIPT } from './script.js';

const PAGE = `<html><body><nav><div data-filter='["a","b"]'></div></nav>
<div class="tile" data-runs="0"></div><div class="tile" data-runs="0 1"></div>
<svg><g class="run-0"></g><g class="run-1"></g><g class="over-runs"></g></svg>
<div class="episodes" data-played=""><figure data-steps='["start","middle","end"]'><svg>
<g data-step="1" id="one"></g><g data-step="2" id="two"></g><circle data-path="0,0 5,5 9,9"></circle></svg></figure></div></body></html>`;

const MOVING = `<html><body><div class="episodes" data-played=""><figure><svg data-pace="50"><g class="moving">
<circle r="3" data-moves="10 20,5-30,-1 0"></circle><polyline data-moves="0 0 100 100,10 0-10 0,0 5 0 5"></polyline><circle id="brief" data-moves="7 7,1 1"></circle></g></svg></figure>
<figure><svg><circle id="short" data-moves="7 7,1 1"></circle></svg></figure></div></body></html>`;

function open(page = PAGE, reduced = false) {
  const { document } = parseHTML(page);
  let tick = (): void => {};
  let pace = 0;
  const globals = {
    document,
    innerWidth: 1280,
    addEventListener: () => {},
    matchMedia: () => ({ matches: reduced }),
    setInterval: (run: () => void, every: number) => {
      tick = run;
      pace = every;
      return 1;
    },
    clearInterval: () => {},
  };
  new Function(...Object.keys(globals), SCRIPT)(...Object.values(globals));
  const one = (query: string) => document.querySelector(query) as unknown as HTMLInputElement & { style: CSSStyleDeclaration };
  return {
    one,
    all: (query: string) => [...document.querySelectorAll(query)] as unknown as HTMLElement[],
    tick: () => tick(),
    pace: () => pace,
  };
}

it('plays an episode: its parts appear with their steps, and what each step was is said', () => {
  const { one, tick } = open();
  expect(one('.said').textContent).toBe('end');
  one('button').onclick?.({} as never);
  expect([one('#one').style.visibility, one('.said').textContent]).toEqual(['hidden', 'start']);
  tick();
  expect([one('#one').style.visibility, one('#two').style.visibility, one('.said').textContent]).toEqual(['', 'hidden', 'middle']);
  expect(one('circle').getAttribute('cx')).toBe('5');
  tick();
  expect([one('#two').style.visibility, one('output').textContent, one('button').textContent]).toEqual(['', 'step 2 of 2', '▶ Play']);
});

it('moves parts to where they are at each step, and keeps those that are there for fewer where they ended', () => {
  const { one, tick } = open(MOVING);
  const circle = (which: string) => ['cx', 'cy'].map((name) => one(which).getAttribute(name));
  const seen = () => [circle('[r]'), one('polyline').getAttribute('points'), circle('#brief'), circle('#short')];
  const end = [['1.4', '-1'], '1 0.5 9 10.5', ['0.8', '0.8'], ['0.8', '0.8']];
  expect([seen(), one('output').textContent]).toEqual([end, 'step 2 of 2']);
  one('button').onclick?.({} as never);
  expect(seen()).toEqual([['1', '2'], '0 0 10 10', ['0.7', '0.7'], ['0.7', '0.7']]);
  tick();
  expect(seen()).toEqual([['1.5', '-1'], '1 0 9 10', ['0.8', '0.8'], ['0.8', '0.8']]);
  tick();
  expect(seen()).toEqual(end);
});

it.each([
  ['as fast as it went where a picture says so', MOVING, false, 50],
  ['slowly where it does not', PAGE, false, 400],
  ['slowly for those who would rather see less motion', MOVING, true, 400],
])('plays %s', (_, page, reduced, expected) => {
  const { one, pace } = open(page, reduced);
  expect(pace()).toBe(0);
  one('button').onclick?.({} as never);
  expect(pace()).toBe(expected);
});

it('shows what is of one run alone', () => {
  const { one, all } = open();
  const choice = one('select');
  Object.defineProperty(choice, 'value', { value: '1', configurable: true });
  choice.onchange?.({} as never);
  expect(all('.tile').map(({ hidden }) => hidden)).toEqual([true, false]);
  expect(all('svg [class]').map(({ style }) => style.display)).toEqual(['none', '', 'none']);
});
