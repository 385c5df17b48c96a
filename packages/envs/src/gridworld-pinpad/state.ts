/**
 * The state of one environment as bytes: position, visited, task, progress, length (16 bits each), flags, then the
 * layout.
 */
import { EnvError } from '../errors.js';
import type { PinpadStep } from './pinpad.js';

const HEADER = 11;
const FLAGS_AT = 10;
const FLAG = { terminated: 1, truncated: 2, success: 4, mask: 8 } as const;

const words = (state: Uint8Array): DataView => new DataView(state.buffer, state.byteOffset, state.byteLength);

export function packState(cells: number, layout: Uint8Array, { terminated, truncated, info }: PinpadStep, i: number): Uint8Array {
  const state = new Uint8Array(HEADER + cells);
  const view = words(state);
  [info.position[i], info.visited[i], info.task[i], info.progress[i], info.length[i]].forEach((value, at) => {
    view.setInt16(2 * at, value, true);
  });
  state[FLAGS_AT] =
    (terminated[i] ? FLAG.terminated : 0) |
    (truncated[i] ? FLAG.truncated : 0) |
    (info.success[i] ? FLAG.success : 0) |
    (info.mask[i] ? FLAG.mask : 0);
  state.set(layout.subarray(i * cells, (i + 1) * cells), HEADER);
  return state;
}

/** @throws EnvError `bad-argument` for bytes that are no state of such a world. */
export function checkState(state: Uint8Array, limits: { readonly cells: number; readonly highest: number; readonly tasks: number }): void {
  const { cells, highest, tasks } = limits;
  const refuse = (value: string, expected: string): never => {
    throw new EnvError('bad-argument', value, expected, 'restore what snapshot() of a world with the same settings and tasks gave');
  };
  if (state.length !== HEADER + cells) refuse(`a state of ${state.length} bytes`, `${HEADER + cells} for ${cells} cells`);
  const view = words(state);
  const position = view.getUint16(0, true);
  if (position >= cells) refuse(`a state with the agent in cell ${position}`, `a cell from 0 to ${cells - 1}`);
  const task = view.getUint16(4, true);
  if (task >= tasks) refuse(`a state of task number ${task}`, `one of this world's ${tasks} tasks`);
  const stranger = state.subarray(HEADER).find((content) => content > highest);
  if (stranger !== undefined) refuse(`a state with a cell that holds ${stranger}`, `0 to ${highest}`);
}

export function unpackState(state: Uint8Array, cells: number, layout: Uint8Array, step: PinpadStep, i: number): void {
  const view = words(state);
  const { info, reward, terminated, truncated } = step;
  info.position[i] = view.getUint16(0, true);
  info.visited[i] = view.getInt16(2, true);
  info.task[i] = view.getUint16(4, true);
  info.progress[i] = view.getUint16(6, true);
  info.length[i] = view.getUint16(8, true);
  const flags = state[FLAGS_AT];
  terminated[i] = flags & FLAG.terminated ? 1 : 0;
  truncated[i] = flags & FLAG.truncated ? 1 : 0;
  info.success[i] = flags & FLAG.success ? 1 : 0;
  info.mask[i] = flags & FLAG.mask ? 1 : 0;
  reward[i] = 0;
  layout.set(state.subarray(HEADER), i * cells);
}
