// Preloaded by run.mjs: what JavaScript prints goes to the caller's own stderr, which is descriptor 3; descriptor 2 is
// what C++ prints to.
import { writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { isatty, WriteStream } from 'node:tty';

const OWN = 3;

/** Set where that descriptor is there. */
const TOLD = 'COXSWAIN_OWN_STDERR';

/** @param {Uint8Array} bytes */
function writeAll(bytes) {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(OWN, bytes, done);
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EAGAIN') throw error;
      // A pipe that is full: its reader is slower.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

if (process.env[TOLD]) {
  // Programs that this one starts have descriptors of their own.
  delete process.env[TOLD];
  const stream = isatty(OWN)
    ? new WriteStream(OWN).unref()
    : new Writable({
        decodeStrings: true,
        write(chunk, _, done) {
          try {
            writeAll(chunk);
            done();
          } catch (error) {
            done(/** @type {Error} */ (error));
          }
        },
      });
  Object.defineProperty(stream, 'fd', { value: OWN });
  Object.defineProperty(process, 'stderr', { value: stream, configurable: true, enumerable: true });
}
