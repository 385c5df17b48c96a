/** Text that is drawn again in its place. */

import type { ProgressStream } from '@coxswain/lab';
import { createLogUpdate } from 'log-update';

/** The lower end of a stream: text that is drawn again and again, and above it what stays. */
export class Redraw {
  readonly #drawn: ReturnType<typeof createLogUpdate>;

  /** @param stream a terminal, where anything is to be drawn. */
  constructor(private readonly stream: ProgressStream) {
    // Of a stream it only writes to it and asks for its size; the cursor it would hide is that of the process.
    this.#drawn = createLogUpdate(stream as NodeJS.WritableStream, { showCursor: true, defaultWidth: 120 });
  }

  /** Draws text in place of what was drawn last. Of more lines than the terminal has it shows the last. */
  draw(text: string): void {
    this.#drawn(text);
  }

  /** Writes text that stays, whole, in place of what was drawn last. */
  write(text: string): void {
    this.#drawn.clear();
    this.stream.write(`${text}\n`);
  }
}
