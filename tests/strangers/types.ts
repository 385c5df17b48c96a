/** The published declarations under every compiler that they are promised for, with and without WebGPU's types. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root } from '../../scripts/packages.mjs';

const COMPILERS = ['typescript-5.5', 'typescript-5.9', 'typescript'] as const;

export interface Compiler {
  readonly compiler: (typeof COMPILERS)[number];
  readonly dom: boolean;
  readonly webgpu: boolean;
}

/** Every compiler, with and without its DOM library, with and without `@webgpu/types`. */
export const compilers: readonly Compiler[] = COMPILERS.flatMap((compiler) =>
  [true, false].flatMap((dom) => [true, false].map((webgpu) => ({ compiler, dom, webgpu }))),
);

/** Whether names of WebGPU mean anything. */
const knowsWebGpu = ({ compiler, dom, webgpu }: Compiler): boolean => webgpu || (dom && compiler === 'typescript');

const DEVICE = `
import type { Device } from '@coxswain/tensor';
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;`;

/** The type of `device.gpu`, which nothing but itself is: neither `any` nor another. */
const gpuIs = (type: string): string => `${DEVICE}\nexport const same: Same<Device['gpu'], ${type}> = true;\n`;

const resolve = createRequire(join(root, 'package.json')).resolve;

/**
 * Compiles programs in a project, declarations of libraries included.
 * @returns what is wrong with the programs or with our declarations, a line each
 */
export function complaints(project: string, programs: readonly string[], given: Compiler): string[] {
  const { compiler, dom, webgpu } = given;
  const folder = join(project, `${compiler}-${dom}-${webgpu}`);
  mkdirSync(folder);
  const files = [...programs, gpuIs(knowsWebGpu(given) ? 'GPUDevice' : 'unknown')].map((text, i) => {
    writeFileSync(join(folder, `program-${i}.mts`), text);
    return `program-${i}.mts`;
  });
  // Node's types give programs their console where the DOM's do not.
  const ambient = [dirname(resolve('@types/node/package.json')), ...(webgpu ? [dirname(resolve('@webgpu/types/package.json'))] : [])];
  const compilerOptions = {
    strict: true,
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2022', ...(dom ? ['dom', 'dom.iterable'] : [])],
    noEmit: true,
    types: ambient,
    skipLibCheck: false,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const tsc = join(dirname(resolve(`${compiler}/package.json`)), 'bin/tsc');
  const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { cwd: project, encoding: 'utf8' });
  if (status === null) throw new Error(`${compiler} was ended from outside`);
  // What others' declarations lack is theirs: without the DOM, `@webgpu/types` misses a canvas.
  const ours = (line: string): boolean => /^(?!.*node_modules)|node_modules\/(@coxswain\/[\w-]+|coxswain)\/dist\//.test(line.split('(')[0]);
  return stdout.split('\n').filter((line) => /error TS/.test(line) && ours(line));
}
