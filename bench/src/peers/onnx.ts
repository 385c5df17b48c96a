/**
 * ONNX Runtime: https://onnxruntime.ai. It only infers, so it does the forward rows. Two contestants: its WebGPU
 * provider, on a Dawn of its own that picks the adapter itself, and its CPU provider, on as many threads as a software
 * adapter has here.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Case, Inputs } from '../case.js';
import { type Contestant, firstRun, type Prepared } from '../contestant.js';
import { type OnnxNode, type OnnxOutput, type OnnxTensor, onnxModel } from './onnx-model.js';

/** How the library does a case: what to put in besides the inputs, and the nodes; the last one makes the output. */
export interface OnnxCase {
  readonly constants?: Readonly<Record<string, OnnxTensor>>;
  readonly nodes: readonly OnnxNode[];
  readonly shape: readonly number[];
  readonly type?: OnnxOutput['type'];
  /** Inputs in the library's own layout. */
  readonly pack?: (inputs: Inputs) => Readonly<Record<string, OnnxTensor>>;
  /** Of these, what a model has in itself. */
  readonly weights?: readonly string[];
  /** The output in the reference's order, where the library's layout is another. */
  readonly arrange?: (output: ArrayLike<number>) => ArrayLike<number>;
  /** What the CPU provider is given instead, where that is faster. */
  readonly onProcessor?: OnnxCase;
}

type Data = Float32Array | BigInt64Array;
type Named<T> = Readonly<Record<string, T>>;
interface Session {
  run(feeds: Named<unknown>, fetches?: Named<unknown>): Promise<Named<{ readonly data: Data }>>;
  release(): Promise<void>;
}
interface Library {
  readonly env: { readonly versions: { readonly node?: string } };
  listSupportedBackends(): readonly { readonly name: string }[];
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
  readonly Tensor: new (type: string, data: OnnxTensor['data'], shape: readonly number[]) => unknown;
}

/** A dotted name of a session's configuration, as this binding takes it. */
const configuration = { extra: { session: { disable_cpu_ep_fallback: '1' } } };
const processorConfiguration = { extra: { session: { intra_op: { allow_spinning: '0' } } } };

function loadOnnx(folder: string): Library {
  const place = createRequire(pathToFileURL(join(folder, 'package.json')));
  let file: string;
  try {
    file = place.resolve('onnxruntime-node');
  } catch {
    const install = '`npm install --ignore-scripts --prefix FOLDER onnxruntime-node`';
    throw new Error(`onnxruntime-node is not in ${folder}: ${install}, then --onnxruntime FOLDER or COXSWAIN_ONNXRUNTIME=FOLDER`);
  }
  return place(file) as Library;
}

/**
 * One contestant for each provider that this build has.
 * @param folder a folder in whose `node_modules` the library lies; it is 290 MB, too much to be everybody's.
 * @param threads of the CPU provider.
 * @throws Error where it is not there.
 */
export async function openOnnx(folder: string, threads: number): Promise<Contestant[]> {
  const library = loadOnnx(folder);
  const backends = library.listSupportedBackends().map(({ name }) => name);
  const version = library.env.versions.node ?? '';
  return [
    ...(backends.includes('webgpu')
      ? [
          {
            name: 'onnxruntime',
            version,
            prepare: async ({ onnx }: Case, inputs: Inputs) => onnx && prepareWebGpu(library, onnx, inputs),
            close: () => {},
          },
        ]
      : []),
    {
      name: 'onnxruntime cpu',
      version: `${version} (CPU, ${threads} threads)`,
      elsewhere: 'processor',
      prepare: async ({ onnx }, inputs) => onnx && prepareProcessor(library, threads, onnx.onProcessor ?? onnx, inputs),
      close: () => {},
    },
  ];
}

const outputOf = ({ nodes, shape, type }: OnnxCase): OnnxOutput => {
  const [name] = [(nodes.at(-1) as OnnxNode).output].flat();
  return { name, shape, ...(type && { type }) };
};

/** Numbers in the reference's order; places come as 64-bit integers. */
function outputsOf({ arrange }: OnnxCase, data: Data): ArrayLike<number>[] {
  const numbers = data instanceof BigInt64Array ? Float64Array.from(data, Number) : data;
  return [arrange?.(numbers) ?? numbers];
}

/**
 * Inputs are constants of the model, which stay on the adapter; outputs come back with every run, for kept there they
 * end the process (1.30). An operator that this provider lacks fails the row instead of being done by the other one.
 */
async function prepareWebGpu(library: Library, item: OnnxCase, inputs: Inputs): Promise<Prepared> {
  const from = performance.now();
  const constants = { ...(item.pack?.(inputs) ?? inputs), ...item.constants };
  const model = onnxModel({ constants, nodes: item.nodes, output: outputOf(item) });
  // Optimised, it would do the work once and keep the answer: all of it is constant.
  const options = { executionProviders: ['webgpu'], graphOptimizationLevel: 'disabled', logSeverityLevel: 3, ...configuration };
  const session = await library.InferenceSession.create(model, options);
  let last: Data = new Float32Array();
  return firstRun(from, {
    run: async () => {
      const [{ data }] = Object.values(await session.run({}));
      last = data;
    },
    finish: async () => {},
    outputs: async () => outputsOf(item, last),
    dispose: () => {
      session.release().catch(() => {});
    },
  });
}

/**
 * Every optimisation on, inputs and output in memory that is there before; its threads sleep when they have nothing to
 * do, so that processor time is that of the work.
 */
async function prepareProcessor(library: Library, threads: number, item: OnnxCase, inputs: Inputs): Promise<Prepared> {
  const from = performance.now();
  const entries = Object.entries(item.pack?.(inputs) ?? inputs);
  const isWeight = (name: string): boolean => item.weights?.includes(name) ?? false;
  const given = Object.fromEntries(entries.filter(([name]) => !isWeight(name)));
  const constants = { ...Object.fromEntries(entries.filter(([name]) => isWeight(name))), ...item.constants };
  const output = outputOf(item);
  const model = onnxModel({ inputs: given, constants, nodes: item.nodes, output });
  const session = await library.InferenceSession.create(model, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    ...processorConfiguration,
  });
  const feeds = Object.fromEntries(Object.entries(given).map(([name, { shape, data }]) => [name, tensor(library, data, shape)]));
  const size = output.shape.reduce((a, b) => a * b, 1);
  const kept: Data = output.type === 'int64' ? new BigInt64Array(size) : new Float32Array(size);
  const fetches = { [output.name]: tensor(library, kept, output.shape) };
  return firstRun(from, {
    run: async () => {
      await session.run(feeds, fetches);
    },
    finish: async () => {},
    outputs: async () => outputsOf(item, kept),
    dispose: () => {
      session.release().catch(() => {});
    },
  });
}

function tensor({ Tensor }: Library, data: OnnxTensor['data'], shape: readonly number[]): unknown {
  const type = data instanceof Float32Array ? 'float32' : data instanceof BigInt64Array ? 'int64' : 'int32';
  return new Tensor(type, data, shape);
}
