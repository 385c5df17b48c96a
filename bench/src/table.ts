/** Rows for people to read. */
import type { Change } from './against.js';
import { processorSection } from './processor.js';
import type { Results, Row } from './results.js';
import { geometricMean } from './summary.js';

const milliseconds = (ms: number): string => (ms >= 100 ? ms.toFixed(0) : ms >= 1 ? ms.toFixed(2) : ms.toFixed(3));
const percent = (fraction: number): string => `${(100 * fraction).toFixed(fraction < 0.1 ? 1 : 0)} %`;

function grid(header: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = header.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i].length)));
  const row = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  return [row(header), ...lines.map(row)].join('\n');
}

/** A peer's median, or why there is none. */
function peerCell(peer: Row['peers'][string] | undefined): string {
  if (!peer) return '–';
  if ('failed' in peer) return 'failed';
  return peer.wrong ? 'wrong' : milliseconds(peer.median);
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

/** What one step asks of the adapter, for the rows that are steps of something; nothing where there are none. */
function stepsTable(rows: readonly Row[]): string[] {
  const lines = rows.flatMap(({ name, shape, step, ours: { dispatches, temporaries, median } }) => {
    if (!step) return [];
    const { submits, readbacks, environmentSteps } = step;
    return [
      [
        name,
        shape,
        String(dispatches),
        submits.toFixed(2),
        readbacks.toFixed(2),
        environmentSteps === undefined ? '–' : Math.round((1000 * environmentSteps) / median).toLocaleString('en'),
        mebibytes(temporaries.arena),
        mebibytes(temporaries.separate),
      ],
    ];
  });
  const header = ['one step of', 'shape', 'dispatches', 'submits', 'readbacks', 'env steps/s', 'arena MiB', 'separate MiB'];
  return lines.length ? [grid(header, lines)] : [];
}

export function tableOf({ adapter, peaks, rows }: Results): string {
  const peers = [...new Set(rows.flatMap((row) => Object.keys(row.peers)))];
  const header = ['operation', 'shape', 'ms', 'p10–p90', 'GPU ms', 'GFLOP/s', 'of peak', 'GB/s', 'of peak', 'disp.', 'µs enc.', 'compile'];
  const lines = rows.map(({ name, shape, ours, peers: theirs, ratio, correct }) => [
    name,
    shape,
    milliseconds(ours.median),
    `${milliseconds(ours.p10)}–${milliseconds(ours.p90)}`,
    ours.gpu ? milliseconds(ours.gpu.median) : '–',
    (ours.flops / ours.median / 1e6).toFixed(1),
    percent(ours.fractionOfFlops),
    (ours.bytes / ours.median / 1e6).toFixed(1),
    percent(ours.fractionOfBytes),
    String(ours.dispatches),
    ours.encode.median.toFixed(1),
    `${ours.compileMs.toFixed(0)} ms`,
    ...peers.map((peer) => peerCell(theirs[peer])),
    ...(peers.length ? [ratio === undefined ? '–' : `${ratio.toFixed(1)}×`] : []),
    correct ? '' : 'WRONG',
  ]);
  const ratios = rows.flatMap(({ ratio }) => (ratio === undefined ? [] : [ratio]));
  return [
    `${adapter}: ${(peaks.flops / 1e9).toFixed(1)} GFLOP/s and ${(peaks.bytes / 1e9).toFixed(1)} GB/s at best, measured`,
    grid([...header, ...peers.map((peer) => `${peer} ms`), ...(peers.length ? ['ratio'] : []), ''], lines),
    ...stepsTable(rows),
    ...(ratios.length
      ? [
          `the better peer’s median over ours: ${geometricMean(ratios).toFixed(2)}× in geometric mean, ${Math.min(...ratios).toFixed(2)}× at worst`,
        ]
      : []),
    ...processorSection({ rows }),
  ].join('\n');
}

export function changesTable(changes: readonly Change[]): string {
  const lines = changes.map(({ row, before, ratio, beyondNoise }) => [
    row.name,
    row.shape,
    milliseconds(before.ours.median),
    milliseconds(row.ours.median),
    `${ratio.toFixed(2)}×`,
    beyondNoise ? (ratio > 1 ? 'faster' : 'SLOWER') : '',
  ]);
  return grid(['operation', 'shape', 'before, ms', 'now, ms', 'speed', 'beyond noise'], lines);
}
