/**
 * PyTorch in a process of its own (`bench/torch`), on its own device: a CUDA GPU, or the processor. It times itself.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { LeafValues } from '@coxswain/base';
import { t5Buckets } from '@coxswain/kernels';
import type { DiscoveryBatch } from '@coxswain/metacontroller';
import type { SequenceBatch, TransformerConfig } from '@coxswain/transformer';
import type { Input } from '../case.js';
import { type Contestant, firstRun, type Prepared, type Times } from '../contestant.js';
import { sizesOf } from '../reference/sizes.js';
import { dataOf, NORM_EPS, type Weights } from '../reference/transformer.js';
import { folder } from '../surroundings.js';
import { codeNoise, type DiscoverySpec } from '../training/discovery.js';
import { OBSERVATION_WEIGHT, OPTIMISER, type Pretraining } from '../training/pretraining.js';

/** An operation of `bench/torch/operations.py`. */
export type TorchOperation =
  | 'matmul'
  | 'matmulHalf'
  | 'attention'
  | 'attentionGradient'
  | 'layerNormGradient'
  | 'crossEntropyGradient'
  | 'gruGradient'
  | 'adamw'
  | 'layerNorm'
  | 'softmax'
  | 'gelu'
  | 'sum'
  | 'cumsum'
  | 'rowsOf'
  | 'gru'
  | 'convolution'
  | 'maxPooling'
  | 'causalConvolution'
  | 'matmulAcross'
  | 'max'
  | 'argmax'
  | 'variance'
  | 'sort'
  | 'topEight';

interface Hello {
  readonly version: string;
  /** A name, or where it computes on the processor its threads and libraries. */
  readonly device: string;
  readonly onGpu: boolean;
  readonly variants: readonly string[];
}

/** Requests go out and answers come back one at a time, in order. */
class Server {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'coxswain-torch-'));
  #complaints = '';
  #jobs = 0;

  constructor(python: string, threads: number) {
    const program = join(folder, 'torch', 'serve.py');
    // Threads that wait for work sleep: spinning would count as processor time, and take it from others.
    const env = { ...process.env, OMP_WAIT_POLICY: 'PASSIVE', KMP_BLOCKTIME: '0' };
    this.#child = spawn(python, [program, String(threads)], { env });
    this.#child.stderr.on('data', (text: Buffer) => {
      this.#complaints = `${this.#complaints}${text}`.slice(-2000);
    });
    const fail = (error: Error): void => {
      for (const one of this.#waiting.splice(0)) one.reject(error);
    };
    this.#child.on('error', fail);
    this.#child.stdin.on('error', fail);
    this.#child.on('exit', (code) => fail(new Error(`${python} ended (${code}): ${this.#complaints.trim().split('\n').at(-1)}`)));
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#waiting.shift()?.resolve(line));
  }

  hello(): Promise<Hello> {
    return this.#next() as Promise<Hello>;
  }

  async #next(): Promise<unknown> {
    const answer = JSON.parse(await new Promise<string>((resolve, reject) => this.#waiting.push({ resolve, reject })));
    if (answer.failed) throw new Error(answer.failed);
    return answer;
  }

  #ask(request: Record<string, unknown>): Promise<unknown> {
    const answer = this.#next();
    this.#child.stdin.write(`${JSON.stringify({ ...request, folder: this.#folder })}\n`);
    return answer;
  }

  async prepare(variant: string, operation: string, inputs: readonly Input[], config: object = {}): Promise<Prepared> {
    const from = performance.now();
    const job = this.#jobs++;
    const files = inputs.map(({ shape, data }, i) => {
      writeFileSync(join(this.#folder, `in-${i}`), data);
      return { file: `in-${i}`, shape, count: data.length, dtype: data instanceof Float32Array ? 'float32' : 'int32' };
    });
    await this.#ask({ do: 'prepare', job, variant, operation, inputs: files, config });
    const sample = (repeats: number): Promise<Times> => this.#ask({ do: 'run', job, variant, repeats }) as Promise<Times>;
    return firstRun(from, {
      run: async () => {
        await sample(1);
      },
      sample,
      finish: async () => {},
      outputs: async () => {
        const { files: written } = (await this.#ask({ do: 'outputs', job })) as { files: string[] };
        return written.map((file) => new Float32Array(Uint8Array.from(readFileSync(file)).buffer));
      },
      dispose: () => {
        this.#ask({ do: 'dispose', job }).catch(() => {});
      },
    });
  }

  close(): void {
    this.#child.removeAllListeners('exit');
    this.#child.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** What a batch has of each leaf, as classes. */
const classes = (leaves: readonly LeafValues[]): Input[] => leaves.map((data) => flat(data));

const flat = (data: ArrayLike<number>): Input => ({ shape: [data.length], data: Int32Array.from(data) });
const tableOf = (weights: Weights): Input[] =>
  [...weights].map(([name, { shape }]) => ({ shape, data: Float32Array.from(dataOf(weights, name)) }));

/** [time, time]: the T5 bucket of each pair of places. */
function bucketsOf({ buckets, maxDistance }: TransformerConfig, time: number): Input {
  const ofDistance = t5Buckets(time, buckets, maxDistance);
  const at = (i: number): number => ofDistance[Math.max(0, Math.floor(i / time) - (i % time))];
  return { shape: [time, time], data: Int32Array.from({ length: time * time }, (_, i) => at(i)) };
}

const shared = { normEps: NORM_EPS, optimiser: OPTIMISER, observationWeight: OBSERVATION_WEIGHT };

function pretrain(server: Server, variant: string, spec: Pretraining, data: SequenceBatch, start: Weights): Promise<Prepared> {
  const { config, batch, time } = spec;
  const inputs = [
    ...tableOf(start),
    ...classes(data.observation),
    ...classes(data.action),
    ...classes(data.predicted ?? []),
    bucketsOf(config, time),
  ];
  return server.prepare(variant, 'pretraining', inputs, { ...sizesOf(config), ...shared, batch, time, weights: [[...start.keys()]] });
}

/** Steps of noise that are sent; later ones take them again. */
const NOISE_STEPS = 4;

function discover(
  server: Server,
  variant: string,
  spec: DiscoverySpec,
  data: DiscoveryBatch,
  base: Weights,
  start: Weights,
): Promise<Prepared> {
  const { config, controller, batch, time, layer, embedderLayer, alpha } = spec;
  const noise = Float32Array.from(Array.from({ length: NOISE_STEPS }, (_, step) => [...codeNoise(spec, step)]).flat());
  const inputs = [
    ...[...tableOf(start), ...tableOf(base)],
    ...[...classes(data.observation), ...classes(data.action), flat(data.partner ?? new Uint32Array()), bucketsOf(config, time + 1)],
    { shape: [NOISE_STEPS, batch * time, controller.latent], data: noise },
  ];
  const weights = [[...start.keys()], [...base.keys()]];
  return server.prepare(variant, 'discovery', inputs, {
    ...{ ...controller, ...sizesOf(config), ...shared },
    ...{ batch, time, layer, embedderLayer, alpha, weights },
  });
}

/**
 * One contestant for each way in which this PyTorch can run: eagerly, compiled, and on a GPU with TF32 besides.
 * @param threads where it computes on the processor.
 */
export async function openTorch(python: string, threads: number): Promise<Contestant[]> {
  const server = new Server(python, threads);
  try {
    const { version, device, onGpu, variants } = await server.hello();
    return variants.map((variant, i) => ({
      name: `torch ${variant}`,
      version: `${version} (${device})`,
      elsewhere: onGpu ? 'gpu' : 'processor',
      prepare: async ({ torch }, inputs) => torch && server.prepare(variant, torch, Object.values(inputs)),
      pretrain: (spec, batch, start) => pretrain(server, variant, spec, batch, start),
      discover: (spec, batch, base, start) => discover(server, variant, spec, batch, base, start),
      close: () => {
        if (i === variants.length - 1) server.close();
      },
    }));
  } catch (error) {
    server.close();
    throw new Error(`PyTorch by \`${python}\`: ${(error as Error).message}`);
  }
}
