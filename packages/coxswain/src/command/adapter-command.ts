/** `coxswain adapter`: what this machine computes on, before minutes are spent on it. */

import { Command } from '@commander-js/extra-typings';
import * as kernelRoom from '@coxswain/kernels';
import { type Kernel, kernelsOf, type MatrixConfiguration, type Shape, specialise } from '@coxswain/kernels';
import { environmentOf, type Machine, programVersion, suggestion, UsageError, versionInWords } from '@coxswain/lab';
import type { Device } from '@coxswain/tensor';
import { dawnOption } from './dawn-option.js';
import type { OptionsOf } from './program.js';

const declare = () =>
  new Command('adapter')
    .description('Say which adapter there is, what it can do and which kernels it gets.')
    .option('--kernel <NAME>', 'Print the WGSL that runs here for a kernel, complete: constants, bindings, fragments, its text')
    .option('--shape <KEY=N,…>', 'Sizes other than the kernel’s sample, with --kernel')
    .option('--kernels', 'List the kernels by name, with what each binds')
    .addOption(dawnOption());

type Asked = OptionsOf<typeof declare>;

export const adapterCommand = (machine: Machine) => declare().action((options) => tellAdapter(options, machine));

const mebibytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)} MiB`;

/** What newer versions of Dawn tell of an adapter beyond the standard, where unsafe interfaces are allowed. */
type MatrixInfo = GPUAdapterInfo & { readonly subgroupMatrixConfigs?: Iterable<MatrixConfiguration> };

/** Such as `16×16×16 f16 → f32`: what the matrix units multiply, and the sums they give. */
function matrixUnits({ gpu }: Device): string {
  const configurations = [...((gpu.adapterInfo as MatrixInfo).subgroupMatrixConfigs ?? [])];
  const words = configurations.map(
    ({ M, N, K, componentType, resultComponentType }) => `${M}×${N}×${K} ${componentType} → ${resultComponentType}`,
  );
  return words.join(', ') || 'none (Dawn lists them with --dawn allow_unsafe_apis only)';
}

/** Label and value, one line each. */
function facts(device: Device): [string, string][] {
  const { adapter, family, dawn, node, system, processor, cores, memoryGiB } = environmentOf(device);
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } = device.gpu.limits;
  const { subgroups, threads } = device.traits;
  return [
    ['coxswain', versionInWords(programVersion())],
    ['adapter', adapter],
    ['kernels', family === 'gpu' ? 'for GPUs' : `for software adapters${threads === undefined ? '' : `, ${threads} workgroups at a time`}`],
    ['features', [...device.gpu.features].sort().join(', ')],
    ['dawn', dawn.length > 0 ? dawn.join(', ') : 'as it is'],
    ['subgroups', subgroups ? `${subgroups.min} to ${subgroups.max} lanes` : 'none'],
    ['matrix units', matrixUnits(device)],
    ['buffers', `up to ${mebibytes(maxBufferSize)}, bound up to ${mebibytes(maxStorageBufferBindingSize)}`],
    ['workgroup memory', `${maxComputeWorkgroupStorageSize} bytes`],
    ['machine', `${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}`],
  ];
}

const kernelsByName = (): ReadonlyMap<string, Kernel> => new Map(kernelsOf(kernelRoom).map((kernel) => [kernel.name, kernel]));

/** A kernel by its name. @throws UsageError that suggests the nearest. */
function kernelNamed(name: string): Kernel {
  const kernels = kernelsByName();
  const found = kernels.get(name);
  if (found) return found;
  const remedy = suggestion(name, [...kernels.keys()], 'See `coxswain adapter --kernels`.');
  throw new UsageError('--kernel', `\`${name}\``, 'the name of a kernel', remedy);
}

/** The kernel's sample with the sizes that are given. @throws UsageError for what is no size of it. */
function shapeOf({ name, sample }: Kernel, given: string | undefined): Shape {
  const entries = (given ?? '').split(',').filter(Boolean);
  const sizes = entries.map((entry): [string, number] => {
    const [key, value] = entry.split('=');
    if (!(key in sample) || !Number.isFinite(Number(value)) || value?.trim() === '')
      throw new UsageError(
        '--shape',
        `\`${entry}\``,
        `KEY=NUMBER with ${Object.keys(sample).join(', ')} for ${name}`,
        'For example --shape rows=10.',
      );
    return [key, Number(value)];
  });
  return { ...sample, ...Object.fromEntries(sizes) };
}

const bound = ({ buffers }: Kernel): string =>
  buffers.map(({ name, access, element }) => `${name}: ${access === 'read' ? '' : 'writes '}${element}`).join(', ');

/**
 * Prints what there is.
 * @throws NoAdapterError where there is none; UsageError for a kernel or size that there is not.
 */
async function tellAdapter(asked: Asked, { openDevice, stdout }: Machine): Promise<void> {
  if (asked.kernels) {
    for (const kernel of kernelsByName().values()) stdout.write(`${kernel.name.padEnd(42)}${bound(kernel)}\n`);
    return;
  }
  const kernel = asked.kernel === undefined ? undefined : kernelNamed(asked.kernel);
  const shape = kernel && shapeOf(kernel, asked.shape);
  const device = await openDevice();
  try {
    if (kernel && shape) {
      stdout.write(`${specialise(kernel, shape, device.traits)}\n`);
      return;
    }
    for (const [label, value] of facts(device)) stdout.write(`${label.padEnd(18)}${value}\n`);
  } finally {
    device.close();
  }
}
