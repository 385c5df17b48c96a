/**
 * gridworld-pinpad on a device: the same episodes, to the bit, as the vectorised world on the host plays for the same
 * seed. What the buffers hold stands at the top of each shader.
 */
import { type AdapterTraits, type Constant, type Kernel, read, stridedGrid, stridedWorkgroup, written } from '../declaration.js';
import expertSource from './expert.wgsl';
import layoutSource from './layout.wgsl';
import moves from './moves.wgsl';
import observeSource from './observe.wgsl';
import pathsSource from './paths.wgsl';
import runningSource from './running.wgsl';
import stepSource from './step.wgsl';
import words from './words.wgsl';

/** Pieces that the kernels of this world share. */
const fragments = () => ({ moves, words });

export type PinpadShape = {
  /** Episodes played together, N. */
  readonly episodes: number;
  /** G; a layout has size² cells. */
  readonly size: number;
  readonly colours: number;
  readonly walls: number;
  /** Tasks to draw from; 0: there is none, and nothing but the horizon ends an episode. */
  readonly tasks: number;
};

export type PinpadPathsShape = PinpadShape & {
  /** 1: of the moves that begin a shortest path only the first counts. */
  readonly first: number;
};

export type PinpadExpertShape = PinpadShape & {
  /** T: steps after which an episode is cut. */
  readonly horizon: number;
  /** ε · 2³², rounded up, at most 2³² − 1; see `pinpadNoise`. */
  readonly noise: number;
  /** 1: ε is 1. */
  readonly always: number;
};

export type PinpadStepShape = PinpadShape & {
  /** Rows, each of which acts for one episode or none. */
  readonly rows: number;
  /** T: steps after which an episode is cut. */
  readonly horizon: number;
};

export type PinpadRunningShape = PinpadStepShape & {
  /** Episodes of the batch that come before these, where only a part of it is here. */
  readonly offset: number;
};

export type PinpadObserveShape = PinpadShape & {
  readonly rows: number;
  /** 1: the window around the agent; 0: the whole grid. */
  readonly egocentric: number;
};

/**
 * Flags of an agent: bits of the fourth word of its record. The task is in the upper 16 bits, the colour just visited
 * plus one in bits 8 to 15.
 */
export const PINPAD_FLAGS = { terminated: 1, truncated: 2, success: 4 } as const;

/** ε as `noise` and `always` of the expert. */
export function pinpadNoise(epsilon: number): { readonly noise: number; readonly always: number } {
  return { noise: Math.min(0xffffffff, Math.ceil(epsilon * 0x100000000)), always: epsilon >= 1 ? 1 : 0 };
}

/** Episodes that are worth a workgroup of a CPU. */
const PER_GROUP = 32;
const u32 = (...names: string[]) => names.map((name) => ({ name, type: 'u32' as const }));
const cellsOf = ({ size }: PinpadShape): number => size * size;
/**
 * Numbers of what several kernels have: grids, agents of four words, tasks with where each begins and where the last
 * ends.
 */
const gridsOf = (shape: PinpadShape): number => shape.episodes * cellsOf(shape);
const agentsOf = ({ episodes }: PinpadShape): number => 4 * episodes;
const tasksOf = ({ tasks }: PinpadShape): number => (tasks > 0 ? tasks + 1 : 0);
/** Indices of an observation. */
export const pinpadSlots = ({ size }: Pick<PinpadShape, 'size'>, egocentric: boolean): number =>
  (egocentric ? (2 * size - 1) ** 2 : size * size) + 1;

const constants = (shape: PinpadShape, adapter: AdapterTraits): Record<string, Constant> => ({
  WORKGROUP: stridedWorkgroup(adapter),
  CELLS: cellsOf(shape),
  COLOURS: shape.colours,
});
const SAMPLE = { episodes: 512, size: 4, colours: 4, walls: 0, tasks: 1 } as const;

/**
 * Begins episodes: layouts, agents, tasks. `random` u32 [4] is the key and the number of the first episode, 64 bits
 * each.
 */
export const pinpadLayout: Kernel<PinpadShape> = {
  name: 'pinpad/layout',
  source: layoutSource,
  fragments,
  buffers: [read('random', 'u32'), written('grids', 'u32'), written('agents', 'vec4<u32>')],
  uniforms: u32('episodes', 'size'),
  lengths: (shape) => ({ random: 4, grids: gridsOf(shape), agents: agentsOf(shape) }),
  constants: (shape, adapter) => ({ ...constants(shape, adapter), WALLS: shape.walls, TASKS: shape.tasks }),
  grid: ({ episodes }, adapter) => stridedGrid(episodes, adapter, PER_GROUP),
  // Most draws are solvable: one permutation and one flood a colour.
  cost: (shape) => ({
    flops: shape.episodes * cellsOf(shape) * (40 + 20 * shape.colours),
    bytes: 4 * shape.episodes * (cellsOf(shape) + 4),
  }),
  sample: SAMPLE,
};

/** Shortest paths to every colour from every cell. paths u32 [N, colours, cells]. */
export const pinpadPaths: Kernel<PinpadPathsShape> = {
  name: 'pinpad/paths',
  source: pathsSource,
  fragments,
  buffers: [read('grids', 'u32'), written('paths', 'u32')],
  uniforms: u32('episodes', 'size'),
  lengths: (shape) => ({ grids: gridsOf(shape), paths: gridsOf(shape) * shape.colours }),
  constants: (shape, adapter) => ({ ...constants(shape, adapter), FIRST: shape.first === 1 }),
  grid: ({ episodes, colours }, adapter) => stridedGrid(episodes * colours, adapter, PER_GROUP),
  cost: (shape) => ({
    flops: shape.episodes * shape.colours * cellsOf(shape) * 40,
    bytes: 4 * shape.episodes * cellsOf(shape) * (1 + shape.colours),
  }),
  sample: { ...SAMPLE, first: 0 },
};

/** Whole episodes of the expert. track u32 [N, T+1], outcome u32 [N]. */
export const pinpadExpert: Kernel<PinpadExpertShape> = {
  name: 'pinpad/expert',
  source: expertSource,
  fragments,
  buffers: [
    read('random', 'u32'),
    read('grids', 'u32'),
    read('agents', 'vec4<u32>'),
    read('tasks', 'u32'),
    read('paths', 'u32'),
    written('track', 'u32'),
    written('outcome', 'u32'),
  ],
  uniforms: u32('episodes', 'size', 'horizon', 'noise', 'always'),
  lengths: (shape) => ({
    ...{ random: 4, grids: gridsOf(shape), agents: agentsOf(shape), tasks: tasksOf(shape), paths: gridsOf(shape) * shape.colours },
    ...{ track: shape.episodes * (shape.horizon + 1), outcome: shape.episodes },
  }),
  constants,
  grid: ({ episodes }, adapter) => stridedGrid(episodes, adapter, PER_GROUP),
  cost: ({ episodes, horizon }) => ({ flops: episodes * horizon * 200, bytes: 4 * episodes * (2 * horizon + 2) }),
  sample: { ...SAMPLE, horizon: 48, noise: 0, always: 0 },
};

/** One step of the episodes that rows act for. action i32 [rows], taken i32 [N, T]. */
export const pinpadStep: Kernel<PinpadStepShape> = {
  name: 'pinpad/step',
  source: stepSource,
  fragments,
  buffers: [
    read('episode', 'u32'),
    read('action', 'i32'),
    read('grids', 'u32'),
    read('tasks', 'u32'),
    written('agents', 'vec4<u32>'),
    written('taken', 'i32'),
  ],
  uniforms: u32('rows', 'episodes', 'size', 'horizon'),
  lengths: (shape) => ({
    ...{ episode: shape.rows, action: shape.rows, grids: gridsOf(shape), tasks: tasksOf(shape), agents: agentsOf(shape) },
    taken: shape.episodes * shape.horizon,
  }),
  constants: (shape, adapter) => ({ ...constants(shape, adapter), TASKS: shape.tasks }),
  grid: ({ rows }, adapter) => stridedGrid(rows, adapter, PER_GROUP),
  cost: ({ rows }) => ({ flops: 20 * rows, bytes: 4 * rows * 15 }),
  sample: { ...SAMPLE, rows: 512, horizon: 48 },
};

/** What the agents that rows act for see. indices i32 [rows, K]. */
export const pinpadObserve: Kernel<PinpadObserveShape> = {
  name: 'pinpad/observe',
  source: observeSource,
  buffers: [read('episode', 'u32'), read('grids', 'u32'), read('agents', 'vec4<u32>'), written('indices', 'i32')],
  uniforms: u32('rows', 'episodes', 'size'),
  lengths: (shape) => ({
    ...{ episode: shape.rows, grids: gridsOf(shape), agents: agentsOf(shape) },
    indices: shape.rows * pinpadSlots(shape, shape.egocentric === 1),
  }),
  constants: (shape, adapter) => ({ ...constants(shape, adapter), WALLS: shape.walls, EGOCENTRIC: shape.egocentric === 1 }),
  grid: (shape, adapter) => stridedGrid(shape.rows * pinpadSlots(shape, shape.egocentric === 1), adapter),
  cost: (shape) => ({ flops: 0, bytes: 4 * shape.rows * (2 * pinpadSlots(shape, shape.egocentric === 1) + 5) }),
  sample: { ...SAMPLE, rows: 512, egocentric: 1 },
};

/**
 * Which episodes run, in order. clock u32 [1], episode u32 [rows], place u32 [rows], owner u32 [rows], counts u32 [T].
 */
export const pinpadRunning: Kernel<PinpadRunningShape> = {
  name: 'pinpad/running',
  source: runningSource,
  buffers: [
    read('agents', 'vec4<u32>'),
    read('clock', 'u32'),
    written('episode', 'u32'),
    written('place', 'u32'),
    written('owner', 'u32'),
    written('counts', 'u32'),
  ],
  uniforms: u32('rows', 'episodes', 'horizon', 'offset'),
  lengths: (shape) => ({
    agents: agentsOf(shape),
    clock: 1,
    episode: shape.rows,
    place: shape.rows,
    owner: shape.rows,
    counts: shape.horizon,
  }),
  constants: (_, { family }) => ({ WORKGROUP: family === 'software' ? 1 : 256 }),
  grid: () => [1, 1, 1],
  cost: ({ rows, episodes }) => ({ flops: 4 * episodes, bytes: 4 * (8 * episodes + 3 * rows) }),
  sample: { ...SAMPLE, rows: 512, horizon: 48, offset: 0 },
};
