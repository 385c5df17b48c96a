/** ant-pinpad as a world by name, over any physics. */
import { digitTask, GRID_MINI, LONGEST_HORIZON, type Moment, type Opening, singleWorld, type WorldDefinition } from '@coxswain/envs';
import { HEALTHY, LARGEST, MOTORS, STATE, STATE_NAMES } from './body.js';
import { cellAt } from './cells.js';
import { drawAnt } from './draw.js';
import { AntError } from './errors.js';
import { antExpert } from './expert.js';
import { type AntState, beginEpisodes } from './field.js';
import { GAIT } from './gait-numbers.js';
import { observationSpace, observe, predictedOf, predictedSpace, uprightness } from './observation.js';
import type { Physics } from './physics.js';
import { type AntSettings, antPresets, antSettings } from './settings.js';
import { SYMMETRIES, turnObservation, turnTorques } from './symmetry.js';

const NAME = 'ant-pinpad';

/** Steps of 0.05 s after which an episode ends, by the size of the field: the paper's 500 on one of 8. */
const horizonOf = ({ size, cell }: AntSettings): number => Math.max(50, Math.min(LONGEST_HORIZON, Math.round((500 / 8) * size * cell)));

/** The next states of bodies, between the physics of all of them and the step of each. */
class Moves {
  private readonly next = new WeakMap<AntState, Float64Array>();
  private results = new Float64Array(STATE);

  constructor(private readonly physics: Physics) {}

  /** @throws AntError `diverged`; then no body has moved. */
  advance(states: readonly AntState[], torques: readonly ArrayLike<number>[], at?: readonly Moment[]): void {
    const bodies = states.map(({ body }) => body);
    for (const [i, body] of bodies.entries()) refuseDiverged(body, at?.[i]);
    // What a step that failed left behind is still read by nobody: it is written anew for every body.
    if (this.results.length < states.length * STATE) this.results = new Float64Array(states.length * STATE);
    this.physics.advance(bodies, torques, this.results);
    const next = states.map((_, i) => this.results.subarray(i * STATE, (i + 1) * STATE));
    for (const [i, body] of next.entries()) refuseDiverged(body, at?.[i]);
    states.forEach((state, i) => {
      this.next.set(state, next[i]);
    });
  }

  /** Moves one body, by what was found for it if anything was. */
  take(state: AntState, torques: ArrayLike<number>): void {
    if (!this.next.has(state)) this.advance([state], [torques]);
    state.body.set(this.next.get(state) as Float64Array);
    this.next.delete(state);
  }
}

function refuseDiverged(body: Float64Array, at: Moment | undefined): void {
  let wrong = 0;
  while (Math.abs(body[wrong]) <= LARGEST) wrong++;
  if (wrong === body.length) return;
  const where = at ? `${NAME}, episode ${at.episode}, step ${at.step}` : NAME;
  const value = `${where}: ${STATE_NAMES[wrong]} is ${body[wrong]}`;
  const remedy = 'restore or reset that environment: no episode has moved, and the others can go on';
  throw new AntError('diverged', value, `a finite number of at most ${LARGEST}`, remedy);
}

const isHealthy = (body: Float64Array, { upright }: AntSettings): boolean =>
  body[2] >= HEALTHY.least && body[2] <= HEALTHY.most && !(upright && uprightness(body) < 0);

/** What the cell reached means, and whether the body can go on. */
function judge(state: AntState, settings: AntSettings): { readonly event: number; readonly done?: true } {
  const before = state.cell;
  state.cell = cellAt(state.body[0], state.body[1], settings);
  const what = state.cell < 0 ? settings.colours + 1 : state.layout[state.cell];
  if (!isHealthy(state.body, settings) || what > settings.colours) return { event: -1, done: true };
  state.entered = state.cell === before ? -1 : what - 1;
  return { event: state.entered };
}

function defaults(settings: AntSettings) {
  const { colours } = settings;
  const horizon = horizonOf(settings);
  const fits = (task: string): boolean => Array.from(task).every((digit) => Number(digit) < colours);
  const fewer = colours === 1 ? ['0'] : ['01', '10'];
  const tasks = GRID_MINI.pretraining.filter(fits);
  return {
    tasks: tasks.length > 0 ? tasks : fewer,
    horizon,
    reward: { task: GRID_MINI.postTraining[0].slice(0, colours), horizon },
  };
}

export interface AntWorldOptions {
  /** Asked when worlds are opened: whether there is room. @throws AntError `out-of-memory`. */
  readonly admit?: (how: Opening) => void;
  /** Threads of the physics, see `WorldDefinition.threads`. */
  readonly threads?: number;
}

/**
 * Coloured cells to be visited in order by a quadruped that has to walk there. Where the field ends it is as if a wall
 * began (**our choice**).
 */
export function antWorld(physics: Physics, { admit, threads }: AntWorldOptions = {}): WorldDefinition {
  const definition = singleWorld({
    name: NAME,
    about: 'A quadruped with eight torques on a field of coloured cells, to be visited in order (arXiv 2512.20605).',
    settings: antSettings,
    presets: antPresets,
    symmetries: SYMMETRIES,
    taskWords: {
      one: 'colours as digits, like 0123',
      list: 'tasks as digits with commas between, like 032,103',
      event: 'colour',
    },
    defaults,
    check: (settings) => void beginEpisodes(settings),
    spaces: (settings) => ({
      observation: observationSpace(settings),
      action: { kind: 'box', shape: [MOTORS], type: 'f32', low: -1, high: 1 } as const,
      events: Array.from({ length: settings.colours }, (_, colour) => `colour ${colour}`),
      predicted: predictedSpace,
    }),
    task: ({ colours }, text) => digitTask(text, { count: colours, noun: 'colour' }),
    rules: (settings) => {
      const moves = new Moves(physics);
      return {
        begin: beginEpisodes(settings),
        observe: (state: AntState) => observe(state, settings),
        advance: (states: readonly AntState[], torques, at) => moves.advance(states, torques, at),
        step: (state: AntState, torques) => {
          moves.take(state, torques);
          return judge(state, settings);
        },
        turn: (observation, k) => turnObservation(observation, k, settings),
        turnAction: turnTorques,
        predicted: predictedOf,
      };
    },
    expert: (settings) => antExpert(settings, GAIT),
    draw: (settings, { observation, steps, event, switches }) => drawAnt({ ...observation, steps, event, switches }, settings),
  });
  const { open } = definition;
  return {
    ...definition,
    ...(threads !== undefined && { threads }),
    open(settings, how) {
      admit?.(how);
      return open(settings, how);
    },
  };
}
