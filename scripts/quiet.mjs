/**
 * What Dawn's C++ prints of every Vulkan adapter, whatever it is asked; no option or environment variable keeps it from
 * that.
 */
const NOISE = /^Warning: maxDynamic\w+ artificially reduced from \d+ to \d+ to fit dynamic offset allocation limit\.$/;
const START = 'Warning: maxDynamic';

/**
 * Passes on what a program prints, without those lines; a part of a line waits only while it may become one of them.
 * @param {(text: string) => unknown} write
 * @returns {{ add(text: string): void, end(): void }}
 */
export function withoutNoise(write) {
  let held = '';
  return {
    add(text) {
      const lines = (held + text).split(/(?<=\n)/);
      held = '';
      for (const line of lines) {
        if (line.endsWith('\n')) {
          if (!NOISE.test(line.trimEnd())) write(line);
        } else if (START.startsWith(line) || line.startsWith(START)) held = line;
        else write(line);
      }
    },
    end() {
      if (held !== '') write(held);
      held = '';
    },
  };
}
