/** Processor time: how ours, through a software driver, compares with libraries that are written for the processor. */
import { digits, markdownTable } from './markdown.js';
import type { PeerResult, Results, Row } from './results.js';
import { geometricMean } from './summary.js';

/** A peer that ran on the processor, with its processor time. */
type OnProcessor = PeerResult & Required<Pick<PeerResult, 'processor' | 'onProcessor'>>;

/** Files from before it was recorded say it in the version. */
export const isOnProcessor = (peer: Row['peers'][string] | undefined): boolean =>
  peer !== undefined && 'version' in peer && (peer.onProcessor === true || peer.version.includes('(CPU'));

const measured = (peer: Row['peers'][string] | undefined): OnProcessor | undefined =>
  isOnProcessor(peer) && (peer as PeerResult).processor && !(peer as PeerResult).wrong ? (peer as OnProcessor) : undefined;

/** GFLOP/s of one core at work. */
const rate = (flops: number, milliseconds: number): number => flops / milliseconds / 1e6;

/** One peer against ours, over the rows that both have. */
function comparison(name: string, rows: readonly Row[]): string {
  const ratios = rows.flatMap(({ ours, peers }) => {
    const theirs = measured(peers[name]);
    return theirs && ours.processor ? [theirs.processor.median / ours.processor.median] : [];
  });
  const faster = ratios.filter((ratio) => ratio < 1).length;
  return `${name} takes ${digits(geometricMean(ratios))} times as long as ours in geometric mean over ${ratios.length} rows, and is the faster one in ${faster}`;
}

/** How many times as much a library gets out of a core in the row where it gets most: what *of peak* does not say. */
function bestProduct(rows: readonly Row[], names: readonly string[]): string[] {
  const all = rows.flatMap(({ name, shape, ours, peers }) =>
    names.flatMap((peer) => {
      const theirs = measured(peers[peer]);
      if (!theirs || !ours.processor || ours.flops === 0) return [];
      return [{ name, shape, peer, theirs: rate(ours.flops, theirs.processor.median), mine: rate(ours.flops, ours.processor.median) }];
    }),
  );
  if (all.length === 0) return [];
  const { name, shape, peer, theirs, mine } = all.reduce((a, b) => (b.theirs > a.theirs ? b : a));
  return [
    `*Of peak* is of what a shader reaches here, not of what the processor can do: in ${name} ${shape} ${peer} does ${digits(theirs)} GFLOP/s a core, ours ${digits(mine)}.`,
  ];
}

/** Markdown about the rows that were measured so beside a library for processors; nothing where there are none. */
export function processorSection({ rows }: Pick<Results, 'rows'>): string[] {
  const compared = rows.filter(({ processorRatio }) => processorRatio !== undefined);
  if (compared.length === 0) return [];
  const names = [...new Set(compared.flatMap(({ peers }) => Object.keys(peers).filter((name) => isOnProcessor(peers[name]))))];
  const cell = (time: number | undefined): string => (time === undefined ? '–' : digits(time));
  const lines = compared.map(({ name, shape, ours, peers, processorRatio }) => [
    name,
    shape,
    cell(ours.processor?.median),
    ...names.map((peer) => cell(measured(peers[peer])?.processor.median)),
    `${digits(processorRatio as number)}×`,
  ]);
  return [
    '### By processor time, beside libraries for processors',
    `Milliseconds of all threads of a process, with as many threads each; *ratio* is the least of the libraries over ours: below 1 it is faster. ${names.map((name) => comparison(name, compared)).join('; ')}.`,
    ...bestProduct(compared, names),
    markdownTable(['operation', 'shape', 'ours', ...names, 'ratio'], lines),
  ];
}
