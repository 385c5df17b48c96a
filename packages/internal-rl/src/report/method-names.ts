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
};

/** A method's name for people. */
export const methodName = (method: string): string => NAMES[method] ?? method;

/** The same, with the view that its codes were found with. */
export function methodLabel({ method, view }: Pick<ResultRow, 'method' | 'view'>): string {
  const name = methodName(method);
  return view === null ? name : `${name}, ${view}`;
}
