/** point-pads as a world by name. */
import type { BoxSpace, RecordSpace } from '@coxswain/base';
import { digitTask } from '../digit-task.js';
import { EnvError } from '../errors.js';
import { GRID_MINI } from '../gridworld-pinpad/tasks.js';
import { singleWorld } from '../single.js';
import { drawArena, moveByForce, type PadState, reachOf } from './arena.js';
import { drawPads } from './draw.js';
import { padExpert, unit } from './expert.js';
import { type PadSettings, padPresets, padSettings } from './settings.js';
import { turnPoints } from './symmetry.js';

interface PadObservation extends RecordSpace {
  readonly parts: Readonly<Record<'position' | 'velocity' | 'bearing' | 'distance' | 'size' | 'entered', BoxSpace>>;
}

const POINT = { kind: 'box', shape: [2], type: 'f32', low: -1, high: 1 } as const;

/** Velocities are shown as shares of the greatest that forces can hold. */
const greatestSpeed = ({ thrust, drag }: PadSettings): number => thrust / drag;

const observationOf = ({ pads }: PadSettings): PadObservation => ({
  kind: 'record',
  parts: {
    position: POINT,
    velocity: { kind: 'box', shape: [2], type: 'f32' },
    bearing: { kind: 'box', shape: [pads, 2], type: 'f32', low: -1, high: 1 },
    distance: { kind: 'box', shape: [pads], type: 'f32', low: 0, high: 3 },
    size: { kind: 'box', shape: [pads], type: 'f32', low: 0, high: 1 },
    entered: { kind: 'box', shape: [pads], type: 'f32', low: 0, high: 1 },
  },
});

/**
 * What the point is shown: itself, and of each pad the direction it lies in (of length 1), how far its centre is, how
 * large it looks (radius by distance) and whether the last step entered it.
 */
function observe({ position, velocity, centres, entered }: PadState, settings: PadSettings) {
  const { pads, radius } = settings;
  const offsets = Array.from({ length: pads }, (_, i) => [centres[2 * i] - position[0], centres[2 * i + 1] - position[1]] as const);
  const distance = offsets.map(([x, y]) => Math.sqrt(x * x + y * y));
  return {
    position,
    velocity: velocity.map((speed) => speed / greatestSpeed(settings)),
    bearing: offsets.flatMap((offset) => unit(...offset)),
    distance,
    size: distance.map((far) => (far > radius ? radius / far : 1)),
    entered: offsets.map((_, i) => (i === entered ? 1 : 0)),
  };
}

/** Walks of three pads for four of them and more, as the small grid shows its colours; steps for a leg besides. */
const STEPS_PER_LEG = 20;
const FEW_PADS: Readonly<Record<number, readonly string[]>> = { 1: ['0'], 2: ['01', '10'] };

export const pointPads = singleWorld({
  name: 'point-pads',
  about: 'A point mass in a square that has to touch coloured pads in order; actions are forces.',
  settings: padSettings,
  presets: padPresets,
  symmetries: 8,
  defaults: ({ pads }) => {
    const tasks = FEW_PADS[pads] ?? GRID_MINI.pretraining.filter((task) => Array.from(task).every((digit) => Number(digit) < pads));
    const task = GRID_MINI.postTraining[0].slice(0, pads);
    return {
      tasks,
      horizon: STEPS_PER_LEG * Math.max(...tasks.map((text) => text.length)),
      reward: { task, horizon: STEPS_PER_LEG * task.length },
    };
  },
  check: ({ radius }) => {
    if (reachOf(radius) > 0) return;
    throw new EnvError('bad-world', `radius is ${radius}`, 'pads that leave room beside the edge', 'take a smaller radius');
  },
  spaces: (settings) => ({
    observation: observationOf(settings),
    action: POINT,
    events: Array.from({ length: settings.pads }, (_, pad) => `pad ${pad}`),
    predicted: POINT,
  }),
  task: ({ pads }, text) => digitTask(text, { count: pads, noun: 'pad' }),
  rules: (settings) => ({
    begin: (random) => drawArena(settings, random),
    observe: (state: PadState) => observe(state, settings),
    step: (state, force) => ({ event: moveByForce(state, force, settings) }),
    turn: ({ position, velocity, bearing, ...others }, k) => ({
      position: turnPoints(position, k),
      velocity: turnPoints(velocity, k),
      bearing: turnPoints(bearing, k),
      ...others,
    }),
    turnAction: turnPoints,
    predicted: ({ position }) => position,
  }),
  expert: padExpert,
  draw: ({ pads, radius }, { observation: { position, bearing, distance }, steps, event, switches }) => {
    const centres = Array.from({ length: 2 * pads }, (_, i) => position[i % 2] + distance[i >> 1] * bearing[i]);
    return drawPads({ steps, radius, centres, position, event, switches });
  },
});
