/** A sweep done by this process alone, or beside others that share its folder. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Board } from './board.js';

/** Milliseconds between looks at runs that others do. */
const POLL_MS = 2000;

/**
 * Does what is missing, as many runs at a time as there are workers, each as soon as what it starts from is there. A
 * run that fails holds up only what starts from it; a disk that is full stops all.
 * @param show called often while runs are under way.
 */
export async function runLocal(board: Board, workers: number, show: (board: Board) => void): Promise<void> {
  const under = new Set<Promise<unknown>>();
  for (;;) {
    board.look();
    for (const run of board.all('ready')) {
      if (board.stopped || under.size >= workers) break;
      const end = board.begin(run).finally(() => under.delete(end));
      under.add(end);
    }
    if (under.size === 0 && (board.stopped || board.all('elsewhere').length === 0)) return;
    await Promise.race([...under, sleep(POLL_MS)]);
    show(board);
  }
}
