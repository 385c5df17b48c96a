/** `npm run bench`: measures this adapter, writes the rows, draws the roofline. */

import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { CoxswainError } from '@coxswain/base';
import { measurePeaks } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { changesSince } from './against.js';
import type { Contestant } from './contestant.js';
import { documentOf } from './document.js';
import { BenchError } from './errors.js';
import { kernels, processor } from './kernels-suite.js';
import { commandOf, HELP, type Options, parseOptions } from './options.js';
import { Ours } from './ours.js';
import { openJax } from './peers/jax.js';
import { openOnnx } from './peers/onnx.js';
import { openTfjs } from './peers/tfjs.js';
import { openTorch } from './peers/torch.js';
import { adapterFile, mergeRows, type Results, type Row, readResults, writeResults } from './results.js';
import { rollout } from './rollout/suite.js';
import { drawRoofline } from './roofline.js';
import { folder, versions } from './surroundings.js';
import { changesTable, tableOf } from './table.js';
import { training } from './training/suite.js';

const suites = [kernels, training, rollout, processor];

/**
 * Peers that can be had; the suite goes on without the others.
 * @param threads of those that run on the processor.
 */
async function openPeers({ python, onnxruntime, suites: asked }: Options, threads: number): Promise<Contestant[]> {
  const peers: Contestant[] = [];
  const onAdapter = asked.some((name) => name !== 'processor');
  for (const open of [
    ...(onAdapter ? [async () => [await openJax()], async () => [await openTfjs()]] : []),
    () => openOnnx(onnxruntime, threads),
    () => openTorch(python, threads),
  ]) {
    try {
      peers.push(...(await open()));
    } catch (error) {
      console.log(`left out: ${(error as Error).message}`);
    }
  }
  return peers;
}

async function run(options: Options): Promise<number> {
  const before = options.against === undefined ? undefined : readResults(options.against);
  const known = suites.filter(({ name }) => (options.suites as readonly string[]).includes(name)).flatMap(({ rows }) => rows);
  const { filters } = options;
  const holds = (row: string): boolean => filters.length === 0 || filters.some((text) => row.includes(text));
  const wanted = known.filter(({ name, shape }) => holds(`${name} ${shape}`));
  if (wanted.length === 0)
    throw new BenchError(
      'Filter',
      filters.map((text) => `\`${text}\``).join(', '),
      'part of a row’s name or shape',
      `Rows: ${[...new Set(known.map(({ name }) => name))].join(', ')}.`,
    );
  // Compile times are those of a first start.
  process.env.MESA_SHADER_CACHE_DISABLE = 'true';
  const { subgroupMatrices, dawn, family } = options;
  // Dawn rounds timestamps to 65 536 ns, many times what a small kernel takes.
  const device = await requestDevice({ subgroupMatrices, dawn: ['no-timestamp_quantization', ...dawn], ...(family && { family }) });
  const ours = new Ours(device, versions.kernels);
  // As many as the driver computes with where the adapter is one of software.
  const peers = options.peers ? await openPeers(options, Math.max(1, device.traits.threads ?? availableParallelism())) : [];
  const beside = new Set(peers.some(({ elsewhere }) => elsewhere === 'processor') ? [] : processor.rows);
  const planned = wanted.filter((row) => !beside.has(row) && (row.suits?.(device.traits) ?? true));
  if (planned.length === 0)
    throw new BenchError(
      'Rows',
      `${wanted.length} asked for`,
      'one that this adapter and these peers suit',
      'Suite processor wants a software adapter, --peers, and --onnxruntime FOLDER or --python FILE; some rows want a GPU.',
    );
  const peaks = await measurePeaks(device);
  const rows: Row[] = [];
  const file = options.json ?? join(folder, 'results', `${adapterFile(device.description)}.json`);
  const command = commandOf(process.argv.slice(2));
  // The adapter's own file collects rows over runs; a file that was asked for holds this run alone.
  const earlier = options.json === undefined && existsSync(file) ? readResults(file) : undefined;
  // Suite `processor` is no measure of the adapter: a run of it alone leaves the peaks that others were held against.
  const kept = options.suites.every((name) => name === 'processor') ? earlier?.peaks : undefined;
  const resultsSoFar = (): Results => ({
    format: 'coxswain-bench-1',
    adapter: device.description,
    node: process.version,
    dawn: [`webgpu ${versions.webgpu}`, ...device.dawn].join(', '),
    peaks: kept ?? peaks,
    rows: mergeRows(earlier?.rows ?? [], rows),
  });
  const begun = performance.now();
  const late: string[] = [];
  for (const [i, item] of planned.entries()) {
    const from = performance.now();
    if (from - begun > 60_000 * options.minutes) {
      late.push(`${item.name} ${item.shape}`);
      continue;
    }
    const measured = await item.measure({ ours, peers, peaks, samples: options.samples });
    const row: Row = { ...measured, when: new Date().toISOString(), command };
    rows.push(row);
    writeResults(file, resultsSoFar());
    const seconds = ((performance.now() - from) / 1000).toFixed(0);
    console.log(
      `${i + 1}/${planned.length} ${item.name} ${item.shape}: ${row.ours.median.toFixed(3)} ms${row.correct ? '' : ', WRONG'} (${seconds} s)`,
    );
  }
  const results = resultsSoFar();
  const picture = file.replace(/(\.json)?$/, '.svg');
  drawRoofline(picture, results);
  console.log(`\n${tableOf({ ...results, rows })}`);
  if (before) console.log(`\nagainst ${options.against}\n${changesTable(changesSince(before, rows))}`);
  if (late.length) console.log(`\nleft out after ${options.minutes} minutes: ${late.join(', ')}`);
  console.log(`\nrows: ${file}\nroofline: ${picture}`);
  for (const peer of peers) peer.close();
  ours.close();
  const wrong = rows.filter(({ correct }) => !correct).length;
  if (wrong > 0) console.error(`${wrong} of ${rows.length} rows gave wrong results`);
  return wrong > 0 ? 1 : 0;
}

/** Writes the page over all committed results. */
function writeDocument(file: string): number {
  const results = join(folder, 'results');
  const names = existsSync(results)
    ? readdirSync(results)
        .filter((name) => name.endsWith('.json'))
        .sort()
    : [];
  if (names.length === 0) throw new BenchError('Results', results, 'JSON files of this suite', 'Run `npm run bench -- --peers` first.');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, documentOf(names.map((name) => readResults(join(results, name)))));
  console.log(`${names.length} adapters: ${file}`);
  return 0;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(HELP);
  process.exit(options.help ? 0 : options.docs !== undefined ? writeDocument(options.docs) : await run(options));
} catch (error) {
  if (!(error instanceof CoxswainError)) throw error;
  console.error(error.message);
  process.exit(error instanceof BenchError ? 2 : 1);
}
