/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';
import type { Family } from '@coxswain/kernels';
import { BenchError } from './errors.js';

export const SUITES = ['kernels', 'training', 'rollout', 'processor'] as const;
export type Suite = (typeof SUITES)[number];

export const HELP = `npm run bench -- [options]

  --suite NAME     ${SUITES.join(', ')}: what to measure (default: all)
  --filter TEXT    only rows whose name or shape holds TEXT; given several times, any of them
  --peers          measure jax-js and TensorFlow.js beside us, on the same adapter, and where they are found ONNX Runtime and PyTorch;
                   suite processor is nothing without it
  --python FILE    the Python that has PyTorch (default python3)
  --onnxruntime FOLDER  a folder in whose node_modules onnxruntime-node lies (default: COXSWAIN_ONNXRUNTIME, or here)
  --family NAME    kernels of this family, gpu or software, whatever the adapter is
  --dawn TOGGLE,…  turn toggles of Dawn on, or off as no-TOGGLE, beside those in COXSWAIN_DAWN
  --no-subgroup-matrices  go without the adapter's matrix units, where it has some
  --json FILE      where the rows go (default: bench/results/ADAPTER.json)
  --against FILE   compare with the rows of an earlier run, and mark what moved by more than noise
  --docs FILE      measure nothing: write what bench/results holds to FILE, as Markdown
  --samples N      samples of each row (default 30)
  --minutes N      begin no further row after so long, and name those left out
`;

export interface Options {
  readonly suites: readonly Suite[];
  /** Rows that hold one of these; all where there are none. */
  readonly filters: readonly string[];
  readonly peers: boolean;
  readonly python: string;
  readonly onnxruntime: string;
  readonly family: Family | undefined;
  readonly subgroupMatrices: boolean;
  readonly dawn: readonly string[];
  readonly json: string | undefined;
  readonly against: string | undefined;
  readonly docs: string | undefined;
  readonly samples: number;
  readonly minutes: number;
  readonly help: boolean;
}

/** @throws BenchError for an option that cannot be. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = read(args);
  const suite = values.suite;
  if (suite !== undefined && !(SUITES as readonly string[]).includes(suite))
    throw new BenchError('Suite', `\`${suite}\``, `one of ${SUITES.join(', ')}`, 'Name one of them, or leave --suite out.');
  const { family } = values;
  if (family !== undefined && family !== 'gpu' && family !== 'software')
    throw new BenchError('Family', `\`${family}\``, 'gpu or software', 'Name one of them, or leave --family out.');
  const samples = Number(values.samples ?? 30);
  if (!Number.isInteger(samples) || samples < 3)
    throw new BenchError('Samples', `\`${values.samples}\``, 'a whole number, at least 3', 'Thirty give quantiles that can be trusted.');
  const minutes = Number(values.minutes ?? Number.POSITIVE_INFINITY);
  if (!(minutes > 0)) throw new BenchError('Minutes', `\`${values.minutes}\``, 'a number above 0', 'Eight are enough on a GPU.');
  return {
    suites: suite === undefined ? SUITES : [suite as Suite],
    filters: values.filter ?? [],
    peers: values.peers ?? false,
    python: values.python ?? 'python3',
    onnxruntime: values.onnxruntime ?? (process.env.COXSWAIN_ONNXRUNTIME || '.'),
    family,
    subgroupMatrices: !(values['no-subgroup-matrices'] ?? false),
    dawn: values.dawn ?? [],
    json: values.json,
    against: values.against,
    docs: values.docs,
    samples,
    minutes,
    help: values.help ?? false,
  };
}

/** Options whose value is a place on this machine, which says nothing to others. */
const PLACES: Readonly<Record<string, string>> = { '--python': 'FILE', '--onnxruntime': 'FOLDER', '--json': 'FILE', '--against': 'FILE' };

/** The command as others would give it. */
export function commandOf(args: readonly string[]): string {
  const words = args.map(
    (arg, i) => PLACES[args[i - 1]] ?? arg.replace(/^(--\w+)=.*$/, (whole, name) => (PLACES[name] ? `${name}=${PLACES[name]}` : whole)),
  );
  return ['npm run bench --', ...words].join(' ').replace(/ --$/, '');
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        suite: { type: 'string' },
        filter: { type: 'string', multiple: true },
        peers: { type: 'boolean' },
        python: { type: 'string' },
        onnxruntime: { type: 'string' },
        family: { type: 'string' },
        'no-subgroup-matrices': { type: 'boolean' },
        dawn: { type: 'string', multiple: true },
        json: { type: 'string' },
        against: { type: 'string' },
        docs: { type: 'string' },
        samples: { type: 'string' },
        minutes: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new BenchError('Arguments', `\`${args.join(' ')}\``, (error as Error).message, 'See `npm run bench -- --help`.');
  }
}
