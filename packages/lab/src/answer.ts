/** Words for what a phase found, from what it left. */
import { share } from './report/format.js';

/**
 * What a run left in its last file, as it was read: a file may be an earlier version's, so nothing is sure to be there.
 */
export type Left = Readonly<Record<string, unknown>>;

/** As a sentence of its own. */
export const sentence = (text: string): string => text[0].toUpperCase() + text.slice(1);

/** A share or another small number, a question mark where there is none. */
export const told = (value: unknown): string => (typeof value === 'number' ? share(value) : '?');
