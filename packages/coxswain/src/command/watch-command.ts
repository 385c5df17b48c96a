/** `coxswain watch`: runs as they go, in the terminal. */

import { basename, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Argument, Command } from '@commander-js/extra-typings';
import { analysisPhase, findRunFolders, listenForInterrupts, type Machine, type Phase, readOrSkip, UsageError } from '@coxswain/lab';
import { ANALYSES } from '../lists.js';
import { Redraw } from '../redraw.js';
import { drawRun } from '../watch/draw.js';
import { type RunView, viewRun } from '../watch/view.js';
import { notes, type OptionsOf } from './program.js';

const declare = () =>
  new Command('watch')
    .description('Show how far runs are and what they measure, as they go.')
    .addArgument(new Argument('[FOLDER...]', 'Runs, or folders of runs').default(['runs'], 'runs'))
    .option('--all', 'Also runs that have finished or were stopped')
    .option('--once', 'Print once and end; so it is where there is no terminal')
    .addHelpText(
      'after',
      notes(
        'It only reads: runs of other machines are seen as well, where they write to a folder that both see. It ends when nothing runs any more.',
      ),
    );

type Asked = OptionsOf<typeof declare>;

export const watchCommand = (phases: readonly Phase[], machine: Machine) =>
  declare().action((roots, options) => watch(roots, options, phases, machine));

const REFRESH_MS = 2000;

/** Where a run's folder is below the one it was looked for in. */
const nameIn = (root: string, folder: string): string => relative(root, folder) || basename(folder);

/** Shows runs until none is under way, or Ctrl-C. */
async function watch(roots: readonly string[], { all, once }: Asked, phases: readonly Phase[], { stdout, signals }: Machine) {
  const known = [...phases, ...ANALYSES.map(analysisPhase)];
  const interrupts = listenForInterrupts(signals, () => {});
  const ended = new Map<string, RunView>();
  const redraw = new Redraw(stdout);
  try {
    for (;;) {
      const seen = new Set<string>();
      const found = roots.flatMap((root) => findRunFolders(root, seen).map((folder) => ({ folder, name: nameIn(root, folder) })));
      const unreadable: string[] = [];
      const views = found.flatMap(({ folder, name: short }) => {
        const name = found.filter((other) => other.name === short).length > 1 ? folder : short;
        const skipped = (_: string, { message }: Error) => unreadable.push(`${name}  cannot be read: ${message}`);
        const view = ended.get(folder) ?? readOrSkip(folder, (one) => viewRun(one, known, Date.now()), { skipped });
        if (view?.state === 'finished') ended.set(folder, view);
        return view ? [{ name, view }] : [];
      });
      if (views.length === 0 && unreadable.length === 0)
        throw new UsageError(
          'coxswain watch',
          `no run in ${roots.join(', ')}`,
          'a run or a folder of runs',
          'Start one first, or give another folder.',
        );
      const width = (stdout.columns ?? 120) - 1;
      const shown = views.filter(({ view }) => all || view.state === 'running');
      const of = (state: string): number => views.filter(({ view }) => view.state === state).length;
      const lines = [
        ...shown.flatMap(({ name, view }) => drawRun(view, name, width)),
        ...unreadable.map((line) => line.slice(0, width)),
        [
          ...['running', 'finished', 'stopped'].map((state) => `${of(state)} ${state}`),
          ...(unreadable.length > 0 ? [`${unreadable.length} unreadable`] : []),
        ].join(', '),
      ];
      const text = lines.join('\n');
      if (once || !stdout.isTTY || of('running') === 0) return redraw.write(text);
      redraw.draw(text);
      await sleep(REFRESH_MS, undefined, { signal: interrupts.signal }).catch(() => {});
      if (interrupts.signal.aborted) return;
    }
  } finally {
    interrupts.release();
  }
}
