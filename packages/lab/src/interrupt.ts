/** Ctrl-C: the first asks the run to save and end, the second ends it at once. */
import { EXIT_CODES } from '@coxswain/base';

/** The part of `process` that is listened to. */
export type SignalSource = {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  exit(code: number): void;
};

export type Interrupts = { readonly signal: AbortSignal; readonly release: () => void };

/**
 * Listens for SIGINT and SIGTERM until released. A run that was asked to stop goes on listening: a second Ctrl-C
 * between its save and its end finds the same answer, where the shell would else be told that a signal killed it.
 * @param say prints one line for the person who waits.
 * @returns a signal that is aborted by the first of them.
 */
export function listenForInterrupts(source: SignalSource, say: (line: string) => void): Interrupts {
  const controller = new AbortController();
  const listener = () => {
    if (controller.signal.aborted) {
      source.exit(EXIT_CODES.interrupted);
      return;
    }
    say('Stopping after this step and saving; press Ctrl-C again to stop at once.');
    controller.abort();
  };
  source.on('SIGINT', listener);
  source.on('SIGTERM', listener);
  const release = () => {
    if (controller.signal.aborted) return;
    source.off('SIGINT', listener);
    source.off('SIGTERM', listener);
  };
  return { signal: controller.signal, release };
}
