// TensorFlow.js only fits together after a bundler: on Node its gradients are ES modules that Node does not take for
// such, and the WebGPU backend registers with another instance of the core.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const parts = [
  "export * from '@tensorflow/tfjs-core';",
  "import '@tensorflow/tfjs-core/dist/register_all_gradients';",
  "import '@tensorflow/tfjs-backend-webgpu';",
];

/** @param {string} outfile an ES module that exports the core, with gradients and backend registered */
export async function bundleTfjs(outfile) {
  const stdin = { contents: parts.join('\n'), resolveDir: dirname(fileURLToPath(import.meta.url)) };
  // It asks for Node's own modules by `require`, which ES modules have to make for themselves.
  const js = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  await build({
    stdin,
    outfile,
    bundle: true,
    logLevel: 'silent',
    platform: 'node',
    mainFields: ['module', 'main'],
    format: 'esm',
    banner: { js },
  });
}
