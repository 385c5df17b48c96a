/** Results as a page for people, written from the JSON files and nothing else. */
import type { Results, Row } from './results.js';
import { geometricMean } from './summary.js';

const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** A Markdown table, its columns as wide as their widest cell; all but the first two to the right. */
function table(header: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = header.map((title, i) => Math.max(3, title.length, ...lines.map((line) => line[i].length)));
  const pad = (cell: string, i: number): string => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]));
  const row = (cells: readonly string[]): string => `| ${cells.map(pad).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i < 2 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [row(header), rule, ...lines.map(row)].join('\n');
}

function peerCell(peer: Row['peers'][string] | undefined): string {
  if (!peer) return '';
  return 'failed' in peer ? 'failed' : digits(peer.median);
}

function sectionOf(results: Results): string {
  const { adapter, rows, peaks, node, dawn } = results;
  const commands = [...new Set(rows.map(({ command, when }) => `\`${command}\`, ${when.slice(0, 10)}`))];
  const peers = [...new Set(rows.flatMap((row) => Object.keys(row.peers)))];
  const lines = rows.map(({ name, shape, ours, peers: theirs, ratio, correct }) => [
    correct ? name : `${name} (WRONG)`,
    shape,
    digits(ours.median),
    `${digits(ours.p10)}–${digits(ours.p90)}`,
    digits(ours.flops / ours.median / 1e6),
    `${(100 * ours.fractionOfFlops).toFixed(0)} %`,
    String(ours.dispatches),
    ...peers.map((peer) => peerCell(theirs[peer])),
    ...(peers.length ? [ratio === undefined ? '' : `${digits(ratio)}×`] : []),
  ]);
  const header = ['operation', 'shape', 'ms', 'p10–p90', 'GFLOP/s', 'of peak', 'dispatches', ...peers.map((peer) => `${peer}, ms`)];
  const steps = rows.flatMap(({ name, shape, step, ours: { median, dispatches, encode, temporaries } }) =>
    step
      ? [
          [
            name,
            shape,
            String(dispatches),
            digits(encode.median),
            step.submits.toFixed(2),
            step.readbacks.toFixed(2),
            step.environmentSteps === undefined ? '' : Math.round((1000 * step.environmentSteps) / median).toLocaleString('en'),
            digits(temporaries.arena / 2 ** 20),
            digits(temporaries.separate / 2 ** 20),
          ],
        ]
      : [],
  );
  const ratios = rows.flatMap(({ ratio }) => (ratio === undefined ? [] : [ratio]));
  const titles = [
    'one step of',
    'shape',
    'dispatches',
    'µs to encode one',
    'submits',
    'readbacks',
    'env steps/s',
    'arena, MiB',
    'separate, MiB',
  ];
  return [
    `## ${adapter}`,
    `${commands.join('; ')}. Node ${node.replace('v', '')}, ${dawn}. Peaks, measured too: ${digits(peaks.flops / 1e9)} GFLOP/s, ${digits(peaks.bytes / 1e9)} GB/s.`,
    ...(ratios.length
      ? [
          `The better peer on the adapter takes **${digits(geometricMean(ratios))} times** as long in geometric mean over ${ratios.length} rows, ${digits(Math.min(...ratios))} times at worst.`,
        ]
      : []),
    table([...header, ...(peers.length ? ['ratio'] : [])], lines),
    ...(steps.length ? [table(titles, steps)] : []),
  ].join('\n\n');
}

/** The page over all given results. */
export const documentOf = (all: readonly Results[]): string =>
  [
    '# What the kernels take',
    'Written by `npm run bench -- --docs FILE` from `bench/results/*.json`. Medians by the wall clock; what each column means: [`bench`](../../bench).',
    ...all.map(sectionOf),
    '',
  ].join('\n\n');
