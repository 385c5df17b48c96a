/** The body in pictures of episodes, from above and from the side: where it stood, and moving. */
import { drawMoving, movesOf } from '@coxswain/envs';
import { HEALTHY } from './body.js';
import { type Point, type Pose, RADIUS } from './pose.js';

/** What the body is drawn into. */
export interface BodyPlace {
  /** After each step. */
  readonly poses: readonly Pose[];
  /** Where the torso is from above after each step, in pixels. */
  readonly at: readonly (readonly [x: number, y: number])[];
  /** Pixels of a metre. */
  readonly metre: number;
  /** Where the ground lies in the view from the side, whose points are below those of the view from above. */
  readonly ground: number;
}

/** Legs and torso in both views: x and y of each one's points after a step. */
function partsOf({ poses, at, metre, ground }: BodyPlace): ((step: number) => number[])[] {
  const above = (step: number, [x, y]: Point): number[] => [at[step][0] + metre * x, at[step][1] - metre * y];
  const beside = (step: number, [x, , z]: Point): number[] => [at[step][0] + metre * x, ground - metre * z];
  return [above, beside].flatMap((seen) => [
    ...[0, 1].map((line) => (step: number) => poses[step].lines[line].flatMap((point) => seen(step, point))),
    (step: number) => seen(step, poses[step].torso),
  ]);
}

/** Legs are as thick as they are: a foot stands where its round end meets the ground. */
const look = (metre: number): string =>
  `fill="none" stroke="currentColor" stroke-width="${(2 * RADIUS.leg * metre).toFixed(1)}" stroke-linecap="round" stroke-linejoin="round"`;

const torso = (metre: number): string => `r="${(RADIUS.torso * metre).toFixed(1)}" fill="currentColor" stroke="#fff" stroke-width="1"`;

/** The body where it stood after some steps, and where it is while the episode is played. */
export function drawBody(place: BodyPlace, stills: readonly number[]): string[] {
  const { poses, metre } = place;
  const parts = partsOf(place);
  const still = (step: number): string =>
    parts
      .map((at) => at(step).map((pixels) => pixels.toFixed(1)))
      .map((at) => (at.length === 2 ? `<circle cx="${at[0]}" cy="${at[1]}" ${torso(metre)}/>` : `<polyline points="${at.join(' ')}"/>`))
      .join('');
  const moving = parts.map((at) => {
    const moves = movesOf(poses.length - 1, at);
    return at(0).length === 2 ? `<circle ${moves} ${torso(metre)}/>` : `<polyline ${moves}/>`;
  });
  return [
    ...stills.map((step) => `<g class="still" data-step="${step}" ${look(metre)} opacity="0.35">${still(step)}</g>`),
    drawMoving(`<g ${look(metre)}>${moving.join('')}</g>`),
  ];
}

/** The ground seen from the side, and the heights between which a torso has to stay. */
export function drawGround({ metre, ground }: BodyPlace, left: number, width: number): string[] {
  const line = (height: number, more: string): string =>
    `<path d="M${left},${(ground - height * metre).toFixed(1)}h${width}" stroke="currentColor" ${more}/>`;
  const bounds = [HEALTHY.least, HEALTHY.most].map((height) => line(height, 'stroke-dasharray="2 4" opacity="0.5"'));
  return [line(0, 'stroke-width="1.5"'), `<g>${bounds.join('')}<title>a torso outside of these heights ends the episode</title></g>`];
}
