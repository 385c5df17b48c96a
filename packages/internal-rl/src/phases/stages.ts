/** Discovery in stages: what each controller is shown, and for how long each is trained. Other views are one stage. */

import type { Config, WorldNeed } from '@coxswain/lab';
import { showsMoments, type View } from '@coxswain/metacontroller';
import { SYMMETRIES } from '../grid/needs.js';
import { methodOf } from './methods.js';
import { updatesOf } from './starts.js';

/** One controller's training. */
export interface Stage {
  readonly view: View;
  /** Its own settings. */
  readonly settings: Config['discover'];
  /** Updates before it, and of its own. */
  readonly from: number;
  readonly updates: number;
}

type Read = Pick<Config, 'discover'> & Partial<Pick<Config, 'stages'>>;

/** Views whose moments are found by the base's residual, or by the switches of a controller. */
export const showsOwnMoments = (view: Config['discover']['view']): boolean => ['jumps', 'random', 'switches', 'event-free'].includes(view);

/** The stages of a run, as many as there can be. */
export function stagesOf({ discover, stages }: Read): readonly Stage[] {
  const view = methodOf({ discover }).view({ discover });
  const whole = { view, settings: discover, updates: updatesOf(discover) };
  if (discover.view !== 'event-free' || view === 'same' || !stages) return [{ ...whole, from: 0 }];
  const { first, steps, alphaWarmup, laterGateFrom, most } = stages;
  const settings = { ...discover, steps, alphaWarmup, laterGateFrom };
  const begun = { view: first, settings, from: 0, updates: updatesOf(settings) };
  const later = Array.from({ length: most - 1 }, (_, i) => ({ ...whole, from: begun.updates + i * whole.updates }));
  return [begun, ...later];
}

/** Updates of all of them. */
export const stagedUpdates = (config: Read): number => stagesOf(config).reduce((sum, { updates }) => sum + updates, 0);

/** What the view that is asked for shows of a world. */
export function needsOfView({ discover, stages }: Config): readonly WorldNeed[] {
  return stagesOf({ discover, stages }).flatMap(({ view }) => [
    ...(view === 'partner' || view === 'touches' ? (['events'] as const) : []),
    ...(view === 'symmetry' || (showsMoments(view) && discover.symmetry) ? [SYMMETRIES] : []),
  ]);
}
