/** The field, and how an episode begins. Only + − × ÷ and roots, so that all machines agree. */
import { EnvError, type GridSize, LayoutSampler, type RandomSource } from '@coxswain/envs';
import { AT, STANDING, STATE } from './body.js';
import { middleOf } from './cells.js';
import type { AntSettings } from './settings.js';
import { freeLine } from './sight.js';

export interface AntState {
  /** `[STATE]`. */
  readonly body: Float64Array;
  /** `[cells]` 0 empty, 1 … the colours, then walls; cell 0 lies where x and y are least, and x grows first. */
  readonly layout: Uint8Array;
  /** Cells of all objects: colours, then walls. */
  readonly objects: Uint8Array;
  /** The cell that the torso is over, −1 outside of the field. */
  cell: number;
  /** The colour that the last step entered, −1 for none. */
  entered: number;
}

/** How far joints and velocities are from rest at the start. */
const SPREAD = 0.1;

export const gridOf = ({ size, colours, walls }: AntSettings): GridSize => ({ size, colours, walls });

/** Cells of all objects, colours first, then walls in the order of their cells. */
function objectsOf(layout: Uint8Array, { colours }: AntSettings): Uint8Array {
  const walls = Array.from(layout.keys()).filter((cell) => layout[cell] > colours);
  return Uint8Array.from([...Array.from({ length: colours }, (_, colour) => layout.indexOf(colour + 1)), ...walls]);
}

/** Half of a turn about the vertical, drawn evenly: cosine and sine of half its angle. */
function halfTurn(random: RandomSource): readonly [cosine: number, sine: number] {
  for (;;) {
    const [x, y] = [random.uniform(), 2 * random.uniform() - 1];
    const length = Math.sqrt(x * x + y * y);
    if (length > 0.1 && length <= 1) return [x / length, y / length];
  }
}

/** Draws of a layout after which none is taken to be open. */
const MOST_DRAWS = 10_000;

/** Whether every colour is seen from the middle of a cell and of all other colours' cells. */
function isOpen(layout: Uint8Array, from: number, settings: AntSettings): boolean {
  const colours = objectsOf(layout, settings).subarray(0, settings.colours);
  return [from, ...colours].every((start) => {
    const [x, y] = middleOf(start, settings);
    return colours.every((cell, goal) => cell === start || freeLine({ body: [x, y], layout }, middleOf(cell, settings), goal, settings));
  });
}

/** Draws a layout as the settings want it. @returns the body's cell. @throws EnvError `no-reachable-layout`. */
function drawLayout(sampler: LayoutSampler, layout: Uint8Array, random: RandomSource, settings: AntSettings): number {
  for (let draw = 0; draw < MOST_DRAWS; draw++) {
    const cell = sampler.sample(random, layout);
    if (settings.layouts === 'any' || isOpen(layout, cell, settings)) return cell;
  }
  const { size, colours, walls } = settings;
  const tried = `size ${size} with ${colours} colours and ${walls} walls gave no layout in ${MOST_DRAWS} draws`;
  throw new EnvError(
    'no-reachable-layout',
    `${tried} in which each colour is seen from all others`,
    'a field in which that is not rare',
    'raise the size, or take fewer colours or walls, or layouts=any',
  );
}

/**
 * A field at random in which every colour can be reached, and the body at rest somewhere over an empty cell of it, but
 * for a little noise in joints and velocities.
 */
export function beginEpisodes(settings: AntSettings): (random: RandomSource) => AntState {
  const sampler = new LayoutSampler(gridOf(settings));
  const noise = (random: RandomSource): number => SPREAD * (2 * random.uniform() - 1);
  return (random) => {
    const layout = new Uint8Array(sampler.cells);
    const cell = drawLayout(sampler, layout, random, settings);
    const body = new Float64Array(STATE);
    const [x, y] = middleOf(cell, settings);
    const [cosine, sine] = halfTurn(random);
    body[0] = x + settings.cell * (random.uniform() - 0.5);
    body[1] = y + settings.cell * (random.uniform() - 0.5);
    body[2] = STANDING.height;
    body[3] = cosine;
    body[6] = sine;
    STANDING.joints.forEach((angle, joint) => {
      body[7 + joint] = angle + noise(random);
    });
    for (let i = AT.velocity; i < AT.warmStart; i++) body[i] = noise(random);
    return { body, layout, objects: objectsOf(layout, settings), cell, entered: -1 };
  };
}
