import type { PartialConfig, RunLabels } from '@coxswain/lab';

/** The labels of an RL run from its configuration and the seeds of what it started from. */
export function labelsOf(run: {
  readonly seed: number;
  readonly config: PartialConfig;
  readonly inputs: Readonly<Record<string, { readonly seed: number }>>;
}): RunLabels {
  const { config, inputs, seed } = run;
  const withCodes = inputs.controller !== undefined;
  const generator = config.discover?.method ?? 'metacontroller';
  const method = config.reinforce?.method ?? 'unknown';
  return {
    // What found the codes, where that was not internal RL's own way, is a baseline of its own.
    method: withCodes && method === 'internal' && generator !== 'metacontroller' ? generator : method,
    view: withCodes && generator !== 'compile' ? (config.discover?.view ?? null) : null,
    baseSeed: inputs.base?.seed ?? 0,
    controllerSeed: withCodes ? inputs.controller.seed : null,
    rlSeed: seed,
  };
}
