/** The page's script, run on a page without a browser. */
import { parseHTML } from 'linkedom';
import { expect, it } from 'vitest';
import { SCRIPT } from './script.js';

const PAGE = `<html><body><nav><div data-filter='["a","b"]'></div></nav>
<div class="tile" data-runs="0"></div><div class="tile" data-runs="0 1"></div>
<svg><g class="run-0"></g><g class="run-1"></g><g class="over-runs"></g></svg>
<div class="episodes" data-played=""><figure data-steps='["start","middle","end"]'><svg>
<g data-step="1" id="one"></g><g data-step="2" id="two"></g><circle data-path="0,0 5,5 9,9"></circle></svg></figure></div></body></html>`;

function open() {
  const { document } = parseHTML(PAGE);
  let tick = (): void => {};
  const globals = {
    document,
    innerWidth: 1280,
    addEventListener: () => {},
    setInterval: (run: () => void) => {
      tick = run;
      return 1;
    },
    clearInterval: () => {},
  };
  new Function(...Object.keys(globals), SCRIPT)(...Object.values(globals));
  const one = (query: string) => document.querySelector(query) as unknown as HTMLInputElement & { style: CSSStyleDeclaration };
  return { one, all: (query: string) => [...document.querySelectorAll(query)] as unknown as HTMLElement[], tick: () => tick() };
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

it('shows what is of one run alone', () => {
  const { one, all } = open();
  const choice = one('select');
  Object.defineProperty(choice, 'value', { value: '1', configurable: true });
  choice.onchange?.({} as never);
  expect(all('.tile').map(({ hidden }) => hidden)).toEqual([true, false]);
  expect(all('svg [class]').map(({ style }) => style.display)).toEqual(['none', '', 'none']);
});
