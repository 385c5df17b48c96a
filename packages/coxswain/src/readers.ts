/** Output that nobody reads any more. */

/**
 * Goes on where a reader has gone away, as `head` does when it has seen enough: what runs is saved, whoever watches.
 */
export function outliveReaders(streams: readonly NodeJS.WriteStream[]): void {
  for (const stream of streams)
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
}
