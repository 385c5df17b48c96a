import { EnvError } from '../errors.js';

/** A sequence of colours to visit in order: digits for up to ten colours (`'032'`), or numbers. */
export type ColourSequence = string | readonly number[];

/** @throws EnvError `bad-task` where it is empty or names a colour that the world does not have. */
export function parseTask(task: ColourSequence, colours: number): Uint8Array {
  const sequence = typeof task === 'string' ? Array.from(task, Number) : task;
  if (sequence.length === 0) throw new EnvError('bad-task', 'the task is empty', 'at least one colour', 'write for example "032"');
  for (const colour of sequence) {
    if (!Number.isInteger(colour) || colour < 0 || colour >= colours) {
      throw new EnvError(
        'bad-task',
        `task "${typeof task === 'string' ? task : task.join(' ')}" names colour ${colour}`,
        `colours from 0 to ${colours - 1}`,
        'correct the task or raise the number of colours',
      );
    }
  }
  return Uint8Array.from(sequence);
}

/**
 * The transitions between consecutive colours that a list of tasks shows, as a `[colours, colours]` table of 0 and 1
 * (from, to).
 */
export function shownTransitions(tasks: readonly ColourSequence[], colours: number): Uint8Array {
  const shown = new Uint8Array(colours * colours);
  for (const task of tasks) {
    const sequence = parseTask(task, colours);
    for (let i = 1; i < sequence.length; i++) shown[sequence[i - 1] * colours + sequence[i]] = 1;
  }
  return shown;
}

/** Colours that some task of the list begins with, as a table of 0 and 1. */
export function shownStarts(tasks: readonly ColourSequence[], colours: number): Uint8Array {
  const starts = new Uint8Array(colours);
  for (const task of tasks) starts[parseTask(task, colours)[0]] = 1;
  return starts;
}

/** Transitions from one colour to another that no task of the list shows: `[from, to]`, from ≠ to, in order. */
export function unseenTransitions(tasks: readonly ColourSequence[], colours: number): [number, number][] {
  const shown = shownTransitions(tasks, colours);
  const unseen: [number, number][] = [];
  for (let from = 0; from < colours; from++) {
    for (let to = 0; to < colours; to++) if (from !== to && !shown[from * colours + to]) unseen.push([from, to]);
  }
  return unseen;
}

/**
 * The skill that each colour belongs to, as a list of tasks shows it: two colours are one skill where the first is
 * always followed by the second, and the second always comes after the first. Skills are numbered by their first
 * colours.
 * @throws EnvError `bad-task`.
 */
export function skillsOf(tasks: readonly ColourSequence[], colours: number): number[] {
  const after = Array.from({ length: colours }, () => new Set<number>());
  const before = Array.from({ length: colours }, () => new Set<number>());
  const END = -1;
  for (const task of tasks) {
    const sequence = parseTask(task, colours);
    for (let i = 0; i < sequence.length; i++) {
      after[sequence[i]].add(sequence[i + 1] ?? END);
      before[sequence[i]].add(sequence[i - 1] ?? END);
    }
  }
  const only = (set: ReadonlySet<number>): number => (set.size === 1 ? [...set][0] : END);
  const second = after.map((set, a) => {
    const b = only(set);
    return b !== END && b !== a && only(before[b]) === a ? b : END;
  });
  const skill = new Array<number>(colours).fill(END);
  let next = 0;
  for (let a = 0; a < colours; a++) {
    if (second.includes(a)) continue;
    for (let b = a; b !== END; b = second[b]) skill[b] = next;
    next++;
  }
  return skill;
}

/** A world, what experts show in it, and what is asked afterwards. */
export type TaskPreset = {
  readonly name: string;
  readonly world: { readonly size: number; readonly colours: number; readonly walls: number };
  readonly pretraining: readonly string[];
  /** Tasks for reinforcement learning, the first one being the paper's. */
  readonly postTraining: readonly string[];
  /** Steps allowed for experts, and for each post-training task. */
  readonly horizon: number;
  readonly postTrainingHorizon: readonly number[];
  /** The skill that each colour belongs to: a colour by itself, or a pair of them. */
  readonly skillOfColour: readonly number[];
  /** Visits that `obeysTransitions` looks at. */
  readonly checkedVisits: number;
};

/**
 * The paper's grid world (arXiv 2512.20605, gridworld-pinpad): skills are the colour pairs 01, 23, 45, 67.
 */
export const PAPER_PAIRS: TaskPreset = {
  name: 'grid-pairs',
  world: { size: 7, colours: 8, walls: 4 },
  pretraining: [
    ...['014501', '014523', '016723', '230145', '236723', '236745', '450145', '450167'],
    ...['452367', '672301', '672367', '674501', '016745', '230167', '452301', '674523'],
  ],
  postTraining: ['012345670123'],
  horizon: 100,
  postTrainingHorizon: [100],
  skillOfColour: [0, 0, 1, 1, 2, 2, 3, 3],
  checkedVisits: 4,
};

/**
 * A small grid with the paper's ant tasks: skills are single colours, and none of the list shows 0→1, 1→2, 2→3 or 3→0.
 */
export const GRID_MINI: TaskPreset = {
  name: 'grid-mini',
  world: { size: 4, colours: 4, walls: 1 },
  pretraining: ['032', '103', '210', '321', '020', '021', '031', '102', '131', '132', '202', '203', '213', '310', '313', '320'],
  postTraining: ['0123', '01230123'],
  horizon: 24,
  postTrainingHorizon: [48, 96],
  skillOfColour: [0, 1, 2, 3],
  checkedVisits: 3,
};
