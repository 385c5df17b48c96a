/** `--dawn`, which every command takes that computes. */
import { UsageError } from '@coxswain/lab';

const OPTION = '--dawn';

/** Read wherever a device is opened, in this process and in those that it starts. */
const VARIABLE = 'COXSWAIN_DAWN';

export const DAWN_HELP =
  `${OPTION} TOGGLE,…  turns toggles of Dawn on, or off as no-TOGGLE, beside those in ${VARIABLE}; ` +
  'a KEY=VALUE is an option of the webgpu package.';

/**
 * Takes `--dawn LIST` or `--dawn=LIST`, wherever it stands, out of a command line.
 * @returns the other words, and the lists one after the other.
 * @throws UsageError where nothing follows it.
 */
export function takeDawn(args: readonly string[]): { readonly rest: string[]; readonly lists: string[] } {
  const rest: string[] = [];
  const lists: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [name] = args[i].split('=', 1);
    if (name !== OPTION) {
      rest.push(args[i]);
      continue;
    }
    const list = args[i] === OPTION ? args[++i] : args[i].slice(OPTION.length + 1);
    if (!list || list.startsWith('-')) throw new UsageError(OPTION, list ? `\`${list}\`` : 'nothing', 'toggles of Dawn', DAWN_HELP);
    lists.push(list);
  }
  return { rest, lists };
}

/** Timestamps as the adapter gives them: Dawn rounds them to 65 536 ns, many times what a small kernel takes. */
export const EXACT_TIMES = 'no-timestamp_quantization';

/**
 * Does `work` with `lists` added to what the environment asks of Dawn.
 * @param own what the command wants where nobody says otherwise.
 */
export async function withDawn(lists: readonly string[], work: () => void | Promise<void>, own: readonly string[] = []): Promise<void> {
  const before = process.env[VARIABLE];
  const asked = [...own, before, ...lists].filter(Boolean);
  if (asked.length > 0) process.env[VARIABLE] = asked.join(',');
  try {
    await work();
  } finally {
    if (before === undefined) delete process.env[VARIABLE];
    else process.env[VARIABLE] = before;
  }
}
