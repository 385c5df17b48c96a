import { expect, test } from 'vitest';
import { Redraw } from './redraw.js';

/** A terminal that knows what is needed to draw lines again: it moves the cursor and erases. */
function terminal(columns: number, rows: number) {
  const lines = [''];
  let [y, x] = [0, 0];
  const put = (text: string): void => {
    for (const character of text) {
      if (character === '\n') [y, x] = [y + 1, 0];
      else lines[y] = `${lines[y].padEnd(x).slice(0, x++)}${character}${lines[y].slice(x)}`;
      while (lines.length <= y) lines.push('');
    }
  };
  const moves: Record<string, (count: number) => unknown> = {
    A: (count) => (y = Math.max(0, y - count)),
    B: (count) => (y += count),
    G: (column) => (x = column - 1),
    K: (what) => (lines[y] = what === 2 ? '' : lines[y].slice(0, x)),
    h: () => {},
    l: () => {},
  };
  const write = (text: string): void => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences are what this is about.
    for (const [, count, move, plain] of text.matchAll(/\x1b\[\??(\d*)([A-Za-z])|([^\x1b]+)/g)) {
      if (plain) put(plain);
      else moves[move](Number(count || (move === 'K' ? 0 : 1)));
    }
  };
  return { stream: { isTTY: true, columns, rows, write }, shown: () => lines.join('\n').trimEnd() };
}

test('text is drawn in place of what was drawn before it, and what stays is above it', () => {
  const { stream, shown } = terminal(40, 10);
  const redraw = new Redraw(stream);
  redraw.draw('one 1 %\ntwo 1 %\ntwo runs');
  redraw.draw('one 2 %\ntwo 1 %\ntwo runs');
  expect(shown()).toBe('one 2 %\ntwo 1 %\ntwo runs');
  redraw.draw('two 3 %\none run');
  expect(shown()).toBe('two 3 %\none run');
  redraw.write('finished one');
  expect(shown()).toBe('finished one');
  redraw.draw('two 4 %\none run');
  redraw.draw('two 5 %\none run');
  expect(shown()).toBe('finished one\ntwo 5 %\none run');
});

test('lines too long or too many for the terminal leave nothing behind', () => {
  const { stream, shown } = terminal(10, 4);
  const redraw = new Redraw(stream);
  redraw.draw('漢字漢字漢字漢字\nx');
  redraw.draw('y');
  expect(shown()).toBe('y');
  redraw.draw('1\n2\n3\n4\n5\n6');
  redraw.draw('1\n2\n3\n4\n5\n7');
  expect(shown()).toBe('4\n5\n7');
  redraw.write('1\n2\n3\n4\n5\n8');
  expect(shown()).toBe('1\n2\n3\n4\n5\n8');
});
