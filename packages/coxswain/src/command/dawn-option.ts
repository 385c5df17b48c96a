/** `--dawn`, which every command takes that computes. */

import { Option } from '@commander-js/extra-typings';
import { collect } from '@coxswain/lab';

/** Read wherever a device is opened, in this process and in those that it starts. */
const VARIABLE = 'COXSWAIN_DAWN';

export const DAWN_FLAGS = '--dawn <TOGGLE,…>';

export const dawnOption = () =>
  new Option(
    DAWN_FLAGS,
    `Turn toggles of Dawn on, or off as no-TOGGLE, beside those in ${VARIABLE}; a KEY=VALUE is an option of the webgpu package`,
  ).argParser(collect());

/** Timestamps as the adapter gives them: Dawn rounds them to 65 536 ns, many times what a small kernel takes. */
export const EXACT_TIMES = 'no-timestamp_quantization';

/**
 * Adds to what the environment asks of Dawn.
 * @param first what gives way to what is there,
 * @param last what it gives way to.
 */
export function askDawn({ first = [], last = [] }: { readonly first?: readonly string[]; readonly last?: readonly string[] | undefined }) {
  const asked = [...first, process.env[VARIABLE], ...last].filter(Boolean);
  if (asked.length > 0) process.env[VARIABLE] = asked.join(',');
}

/** Does `work`, after which the environment asks of Dawn what it asked before. */
export async function keepingDawn(work: () => Promise<unknown>): Promise<void> {
  const before = process.env[VARIABLE];
  try {
    await work();
  } finally {
    if (before === undefined) delete process.env[VARIABLE];
    else process.env[VARIABLE] = before;
  }
}
