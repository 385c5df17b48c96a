/** What methods are called in reports. */
import type { ResultRow } from '@coxswain/lab';

const NAMES: Readonly<Record<string, string>> = {
  internal: 'Internal RL',
  metacontroller: 'Metacontroller',
  raw: 'Raw-action RL',
  'no-abstraction': 'No temporal abstraction',
  'co-trained': 'Co-trained',
  compile: 'CompILE',
  supervised: 'Labelled controllers',
  codes: 'Codes drawn at random',
  base: 'Model by itself',
};

/** A method's name for people. */
export const methodName = (method: string): string => NAMES[method] ?? method;

/** The same, with the view that its codes were found with, and what else tells its runs apart (`kindsOf`). */
export function methodLabel({ method, view }: Pick<ResultRow, 'method' | 'view'>, kind = ''): string {
  return [methodName(method), ...(view === null ? [] : [view]), ...(kind === '' ? [] : [kind])].join(', ');
}

type Seeds = Pick<ResultRow, 'baseSeed' | 'controllerSeed' | 'rlSeed'>;

/** Which run it is: `base 1, controller 2, RL 2`. */
export function seedsOf({ baseSeed, controllerSeed, rlSeed }: Seeds, learner = 'RL'): string {
  return [`base ${baseSeed}`, ...(controllerSeed === null ? [] : [`controller ${controllerSeed}`]), `${learner} ${rlSeed}`].join(', ');
}

/** The same without what all of them share: enough to tell them apart. */
export function apart(row: Seeds, among: readonly Seeds[]): string {
  const words = { baseSeed: 'base', controllerSeed: 'controller', rlSeed: 'RL' } as const;
  const keys = (Object.keys(words) as (keyof typeof words)[]).filter((key) => new Set(among.map((one) => one[key])).size > 1);
  return keys.map((key) => `${words[key]} ${row[key]}`).join(', ') || seedsOf(row);
}
