/** Results as a page for people, written from the JSON files and nothing else. */
import { digits, markdownTable } from './markdown.js';
import { isOnProcessor, processorSection } from './processor.js';
import type { Results, Row } from './results.js';
import { geometricMean } from './summary.js';

function peerCell(peer: Row['peers'][string] | undefined): string {
  if (!peer) return '';
  if ('failed' in peer) return 'failed';
  return peer.wrong ? 'wrong' : digits(peer.median);
}

/** What the peers were, so that nobody takes one for another of its name. */
function versionsOf(rows: readonly Row[]): string {
  const versions = rows.flatMap(({ peers, processorRatio }) =>
    Object.entries(peers).flatMap(([name, peer]) => {
      // One on the processor is shown where processor time was measured.
      const shown = processorRatio !== undefined || !isOnProcessor(peer);
      return shown && 'version' in peer ? [`${name} ${peer.version}`] : [];
    }),
  );
  return versions.length ? ` Peers: ${[...new Set(versions)].join('; ')}.` : '';
}

function sectionOf(results: Results): string {
  const { adapter, peaks, node, dawn } = results;
  // Those beside libraries for processors have a table of their own.
  const rows = results.rows.filter(({ suite }) => suite !== 'processor');
  const commands = [...new Set(results.rows.map(({ command, when }) => `\`${command}\`, ${when.slice(0, 10)}`))];
  const peers = [...new Set(rows.flatMap((row) => Object.keys(row.peers)))].filter(
    (peer) => !rows.some((row) => isOnProcessor(row.peers[peer])),
  );
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
    `${commands.join('; ')}.`,
    `Node ${node.replace('v', '')}, ${dawn}. Peaks, measured too: ${digits(peaks.flops / 1e9)} GFLOP/s, ${digits(peaks.bytes / 1e9)} GB/s.${versionsOf(results.rows)}`,
    ...(ratios.length
      ? [
          `The better peer on the adapter takes **${digits(geometricMean(ratios))} times** as long in geometric mean over ${ratios.length} rows, ${digits(Math.min(...ratios))} times at worst.`,
        ]
      : []),
    markdownTable([...header, ...(peers.length ? ['ratio'] : [])], lines),
    ...processorSection(results),
    ...(steps.length ? [markdownTable(titles, steps)] : []),
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
