/**
 * ONNX Runtime with its WebGPU provider: https://onnxruntime.ai. It brings a Dawn of its own and picks the adapter itself. It only infers, so
 * it does the forward rows. Inputs are constants of the model, which stay on the adapter; outputs come back with every run, for kept there
 * they end the process (1.30).
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Case, Input, Inputs } from '../case.js';
import { type Contestant, firstRun, type Prepared } from '../contestant.js';
import { type OnnxNode, onnxModel } from './onnx-model.js';

/** How the library does a case: what to put in besides the inputs, and the nodes; the last one makes the output. */
export interface OnnxCase {
  readonly constants?: Readonly<Record<string, Input>>;
  readonly nodes: readonly OnnxNode[];
  readonly shape: readonly number[];
}

interface Session {
  run(feeds: object): Promise<Record<string, { readonly data: Float32Array }>>;
  release(): Promise<void>;
}
interface Library {
  readonly env: { readonly versions: { readonly node?: string }; logLevel: string };
  listSupportedBackends(): readonly { readonly name: string }[];
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
}

/** @param folder a folder in whose `node_modules` the library lies; it is 290 MB, too much to be everybody's. */
export async function openOnnx(folder: string): Promise<Contestant> {
  const place = createRequire(pathToFileURL(join(folder, 'package.json')));
  let file: string;
  try {
    file = place.resolve('onnxruntime-node');
  } catch {
    throw new Error(`onnxruntime-node is not in ${folder}: \`npm install --prefix FOLDER onnxruntime-node\`, then --onnxruntime FOLDER`);
  }
  const library = place(file) as Library;
  if (!library.listSupportedBackends().some(({ name }) => name === 'webgpu')) throw new Error('this onnxruntime-node has no WebGPU');
  return {
    name: 'onnxruntime',
    version: library.env.versions.node ?? '',
    prepare: (item, inputs) => prepare(library, item, inputs),
    close: () => {},
  };
}

async function prepare(library: Library, { onnx }: Case, inputs: Inputs): Promise<Prepared | undefined> {
  if (!onnx) return undefined;
  const from = performance.now();
  const model = onnxModel({ ...inputs, ...onnx.constants }, onnx.nodes, onnx.shape);
  // Optimised, it would do the work once and keep the answer: all of it is constant.
  const options = { executionProviders: ['webgpu'], graphOptimizationLevel: 'disabled', logSeverityLevel: 3 };
  const session = await library.InferenceSession.create(model, options);
  let last: Float32Array = new Float32Array();
  return firstRun(from, {
    run: async () => {
      const [{ data }] = Object.values(await session.run({}));
      last = data;
    },
    finish: async () => {},
    outputs: async () => [last],
    dispose: () => {
      session.release().catch(() => {});
    },
  });
}
