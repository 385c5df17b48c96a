import { ArgumentError, GATE_MODE } from '@coxswain/tensor';

/**
 * How a switch becomes β, in every package: 1 takes a new code, 0 holds the old one. A value, which many may share and
 * a schedule may change from step to step.
 */
export interface Gate {
  /** One of `GATE_MODE`. */
  readonly mode: number;
  /** Of the relaxed modes, gumbel and straight-through; 1 when absent. Others do not read it. */
  readonly temperature?: number;
  /** σ(logit) at which a hard gate opens, 0 to 1; ½ when absent. Other modes do not read it. */
  readonly threshold?: number;
}

const MODES: readonly number[] = Object.values(GATE_MODE);

/**
 * f32 [4], the `control` of the switch kernels: mode, temperature, threshold as a logit.
 * @throws ArgumentError for a mode that there is none of, a temperature that is not positive, a threshold outside 0 to
 * 1.
 */
export function gateValues({ mode, temperature = 1, threshold = 0.5 }: Gate): Float32Array {
  if (!MODES.includes(mode)) throw new ArgumentError('gate', `mode ${mode}`, 'one of GATE_MODE, as in { mode: GATE_MODE.hard }');
  if (!(temperature > 0)) throw new ArgumentError('gate', `temperature ${temperature}`, 'a positive number');
  if (!(threshold >= 0 && threshold <= 1)) throw new ArgumentError('gate', `threshold ${threshold}`, 'a number from 0 to 1');
  return Float32Array.of(mode, temperature, Math.log(threshold / (1 - threshold)), 0);
}
