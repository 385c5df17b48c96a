/** `coxswain adapter`: what this machine computes on, before minutes are spent on it. */
import type { Device } from '@coxswain/tensor';
import { environmentOf } from '../run/environment.js';
import { readOptions } from './options.js';
import type { Machine } from './phase-command.js';

export const ADAPTER_ABOUT = 'Say which adapter there is, what it can do and which kernels it gets.';

const HELP = `coxswain adapter — ${ADAPTER_ABOUT}

  -h, --help   Show this
`;

const mebibytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)} MiB`;

/** Label and value, one line each. */
function facts(device: Device): [string, string][] {
  const { adapter, family, dawn, node, system, processor, cores, memoryGiB } = environmentOf(device);
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } = device.gpu.limits;
  const { subgroups, threads } = device.traits;
  return [
    ['adapter', adapter],
    ['kernels', family === 'gpu' ? 'for GPUs' : `for software adapters${threads === undefined ? '' : `, ${threads} workgroups at a time`}`],
    ['features', [...device.gpu.features].sort().join(', ')],
    ['dawn', dawn.length > 0 ? dawn.join(', ') : 'as it is'],
    ['subgroups', subgroups ? `${subgroups.min} to ${subgroups.max} lanes` : 'none'],
    ['buffers', `up to ${mebibytes(maxBufferSize)}, bound up to ${mebibytes(maxStorageBufferBindingSize)}`],
    ['workgroup memory', `${maxComputeWorkgroupStorageSize} bytes`],
    ['machine', `${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}`],
  ];
}

/** Prints what there is. @throws NoAdapterError where there is none. */
export async function runAdapter(args: readonly string[], { openDevice, stdout }: Machine): Promise<void> {
  const { values } = readOptions(args, { help: { type: 'boolean' as const, short: 'h' } }, false);
  if (values.help) {
    stdout.write(HELP);
    return;
  }
  const device = await openDevice();
  try {
    for (const [label, value] of facts(device)) stdout.write(`${label.padEnd(18)}${value}\n`);
  } finally {
    device.close();
  }
}
