/** How codes are injected where `discover` measures them. */
import type { Config } from '@coxswain/lab';

/** When: late enough for most episodes to have touched a colour, so that there is a transition. */
export const INJECTED_AT = [6, 12];

/** How the base acts then. It is this measure's own, for the settings of RL are no part of the run. */
export const injecting = (config: Config): Config => ({
  ...config,
  reinforce: { ...config.reinforce, temperature: config.discover.injectionTemperature, gateThreshold: config.discover.gateThreshold },
});
