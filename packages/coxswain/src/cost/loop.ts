/** What updates on the worlds themselves came to, as rows of a table. */
import { formatNumber, type Loop } from '@coxswain/lab';

/** A loop and the phase that it is of. */
export interface PhaseLoop {
  readonly phase: string;
  readonly loop: Loop;
}

const three = (value: number): string => formatNumber(Number(value.toPrecision(3)));
const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** Heads and cells. */
export function loopTable(loops: readonly PhaseLoop[]): string[][] {
  return [
    ['phase', 'episodes', 'of steps', 's an update', 'playing', 'worlds', 'device', 'the rest', 'threads', 'environment steps/s'],
    ...loops.map(({ phase, loop: { updates, episodes, steps, threads, seconds } }) => [
      phase,
      formatNumber(episodes),
      formatNumber(Math.round(steps / updates / episodes)),
      three(seconds.all / updates),
      percent(seconds.playing / seconds.all),
      percent(seconds.worlds / seconds.all),
      percent(seconds.device / seconds.all),
      percent(1 - (seconds.worlds + seconds.device) / seconds.all),
      formatNumber(threads),
      three(steps / seconds.all),
    ]),
  ];
}
