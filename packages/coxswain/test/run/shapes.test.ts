import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { reportCommand } from '../../src/command/report-command.js';

const RUNS = fileURLToPath(new URL('../../../../docs/results/runs', import.meta.url));

/** Reports on a stored run beside one whose file holds something else; what is said of it. */
async function reportOn(run: string, file: string, content: unknown): Promise<{ said: string; page: string }> {
  const folder = fs.mkdtempSync(join(tmpdir(), 'coxswain-shapes-'));
  fs.cpSync(join(RUNS, 'grid-mini/first-1-1'), join(folder, 'runs/good'), { recursive: true });
  fs.cpSync(join(RUNS, run), join(folder, 'runs/bad'), { recursive: true });
  fs.writeFileSync(join(folder, 'runs/bad', file), JSON.stringify(content));
  let said = '';
  const machine = { stdout: { write: () => true }, stderr: { write: (text: string) => (said += text) } };
  await reportCommand(machine as never).parseAsync(['--runs', join(folder, 'runs'), '--out', join(folder, 'report.html')], {
    from: 'user',
  });
  const page = fs.readFileSync(join(folder, 'report.html'), 'utf8');
  fs.rmSync(folder, { recursive: true });
  return { said, page };
}

it.each([
  ['episodes.json', [{ wrong: true }], '0 › title'],
  ['episodes.json', { size: 4 }, 'episodes.json: '],
  ['switches.json', [{ title: 'an episode', subgoals: [1], beta: ['one'] }], '0 › beta › 0'],
  ['stages.json', [{ title: 'an episode', subgoals: [1], stages: [{ shown: [1], opened: 3 }] }], '0 › stages › 0 › opened'],
  ['skills.json', [null], '0: '],
  ['result.json', { rows: [{ task: '0123' }] }, 'rows › 0 › method'],
  ['result.json', 'nothing', 'result.json: '],
])('a run whose %s holds %o is left out, and the place is named', async (file, content, place) => {
  const { said, page } = await reportOn('grid-mini/first-2-3', file, content);
  expect(said).toContain('left out');
  expect(said).toContain(place);
  expect(page).toContain('0.868');
});

it.each([
  [{ name: 'injection' }, 'title'],
  [[], 'analysis.json: '],
])('findings that hold %o are left out', async (content, place) => {
  const { said, page } = await reportOn('co-trained-injection/1-1', 'analysis.json', content);
  expect(said).toContain(place);
  expect(page).toContain('0.868');
});

it('what is stored has these shapes', async () => {
  const machine = { stdout: { write: () => true }, stderr: { write: (text: string) => warned.push(text) } };
  const warned: string[] = [];
  const folder = fs.mkdtempSync(join(tmpdir(), 'coxswain-shapes-'));
  await reportCommand(machine as never).parseAsync(['--runs', RUNS, '--out', join(folder, 'report.html')], { from: 'user' });
  fs.rmSync(folder, { recursive: true });
  expect(warned.filter((text) => text.includes('left out'))).toEqual([]);
});
