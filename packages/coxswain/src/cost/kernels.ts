/** What the kernels of a training step take, one by one, beside what the adapter could do. */

import { type Config, formatNumber, type Phase, probe } from '@coxswain/lab';
import { type Device, LaunchTimer, measurePeaks, type Peaks, type TimedLaunch } from '@coxswain/tensor';
import { rollups, sum } from 'd3-array';

/** A kernel in a step, on the mean of steps. */
export interface KernelLine {
  readonly kernel: string;
  readonly launches: number;
  /** By the adapter's own clock, each launch by itself. */
  readonly seconds: number;
  readonly flops: number;
  readonly bytes: number;
  /**
   * Least time over that it took: a launch can take no less than its operations, or its bytes, at the adapter's peak.
   */
  readonly roofline: number;
}

export interface PhaseKernels {
  readonly peaks: Peaks;
  /** Slowest first. */
  readonly kernels: readonly KernelLine[];
}

/** @param steps that the launches belong to. */
export function kernelLines(launches: readonly TimedLaunch[], steps: number, peaks: Peaks): KernelLine[] {
  const lines = rollups(
    launches,
    (of) => ({
      launches: of.length / steps,
      seconds: sum(of, ({ seconds }) => seconds) / steps,
      flops: sum(of, ({ cost }) => cost.flops) / steps,
      bytes: sum(of, ({ cost }) => cost.bytes) / steps,
      least: sum(of, ({ cost }) => Math.max(cost.flops / peaks.flops, cost.bytes / peaks.bytes)) / steps,
    }),
    ({ name }) => name,
  );
  return lines
    .map(([kernel, { least, ...line }]) => ({ kernel, ...line, roofline: line.seconds > 0 ? least / line.seconds : 0 }))
    .sort((a, b) => b.seconds - a.seconds);
}

/**
 * Times every launch of some steps of a phase.
 * @param open a device of its own, closed afterwards.
 * @throws LaunchError where the adapter has no timestamps.
 */
export async function timeKernels(phase: Phase, config: Config, open: () => Promise<Device>, steps: number): Promise<PhaseKernels> {
  using device = await open();
  const timer = new LaunchTimer(device.gpu);
  const peaks = await measurePeaks(device);
  await probe(phase, config, [device], steps, { timer });
  return { peaks, kernels: kernelLines(await timer.take(), steps, peaks) };
}

const three = (value: number): string => formatNumber(Number(value.toPrecision(3)));
const percent = (share: number): string => `${100 * share < 10 ? (100 * share).toPrecision(2) : Math.round(100 * share)} %`;

/**
 * Heads and cells.
 * @param least share of the time that a kernel has to take.
 */
export function kernelTable({ kernels }: PhaseKernels, least = 0): string[][] {
  const all = sum(kernels, ({ seconds }) => seconds);
  return [
    ['kernel', 'launches', 'ms a step', 'of all', 'GFLOP/s', 'GB/s', 'of the roofline'],
    ...kernels
      .filter(({ seconds }) => seconds >= least * all)
      .map(({ kernel, launches, seconds, flops, bytes, roofline }) => [
        kernel,
        three(launches),
        three(1000 * seconds),
        percent(seconds / all),
        // The clock of some adapters has steps longer than a launch.
        ...(seconds > 0 ? [three(flops / seconds / 1e9), three(bytes / seconds / 1e9), percent(roofline)] : ['–', '–', '–']),
      ]),
  ];
}
