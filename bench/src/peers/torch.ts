/** PyTorch in a process of its own (`bench/torch`), on its own device: a CUDA GPU, or the processor. It times itself. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { t5Buckets } from '@coxswain/kernels';
import type { SequenceBatch } from '@coxswain/transformer';
import type { Input } from '../case.js';
import { type Contestant, firstRun, type Prepared } from '../contestant.js';
import { dataOf, NORM_EPS, type Weights } from '../reference/transformer.js';
import { OBSERVATION_WEIGHT, OPTIMISER, type Pretraining } from '../training/pretraining.js';

/** An operation of `bench/torch/operations.py`. */
export type TorchOperation =
  | 'matmul'
  | 'attention'
  | 'attentionGradient'
  | 'layerNormGradient'
  | 'crossEntropyGradient'
  | 'gruGradient'
  | 'adamw';

interface Hello {
  readonly version: string;
  readonly device: string;
  readonly variants: readonly string[];
}

/** Requests go out and answers come back one at a time, in order. */
class Server {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'coxswain-torch-'));
  #complaints = '';
  #jobs = 0;

  constructor(python: string) {
    const program = fileURLToPath(new URL('../../torch/serve.py', import.meta.url));
    this.#child = spawn(python, [program]);
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
    const sample = async (repeats: number): Promise<number> =>
      ((await this.#ask({ do: 'run', job, variant, repeats })) as { ms: number }).ms;
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

function pretrain(server: Server, variant: string, spec: Pretraining, batch: SequenceBatch, start: Weights): Promise<Prepared> {
  const { config, time } = spec;
  const weights = [...start.keys()];
  const buckets = t5Buckets(time, config.buckets, config.maxDistance);
  const inputs: Input[] = [
    ...weights.map((name) => ({ shape: start.get(name)?.shape ?? [], data: Float32Array.from(dataOf(start, name)) })),
    ...[batch.indices, batch.actions, batch.observations].map((data) => ({ shape: [data.length], data })),
    {
      shape: [time, time],
      data: Int32Array.from({ length: time * time }, (_, i) => buckets[Math.max(0, Math.floor(i / time) - (i % time))]),
    },
  ];
  const { width, heads, depth } = config;
  const sizes = { width, heads, depth, batch: spec.batch, time, normEps: NORM_EPS };
  return server.prepare(variant, 'pretraining', inputs, { ...sizes, weights, optimiser: OPTIMISER, observationWeight: OBSERVATION_WEIGHT });
}

/** One contestant for each way in which this PyTorch can run: eagerly, compiled, and on a GPU with TF32 besides. */
export async function openTorch(python: string): Promise<Contestant[]> {
  const server = new Server(python);
  try {
    const { version, device, variants } = await server.hello();
    return variants.map((variant, i) => ({
      name: `torch ${variant}`,
      version: `${version} (${device})`,
      elsewhere: true,
      prepare: async ({ torch }, inputs) => torch && server.prepare(variant, torch, Object.values(inputs)),
      pretrain: (spec, batch, start) => pretrain(server, variant, spec, batch, start),
      close: () => {
        if (i === variants.length - 1) server.close();
      },
    }));
  } catch (error) {
    server.close();
    throw new Error(`PyTorch by \`${python}\`: ${(error as Error).message}`);
  }
}
