/** Opening a library that `coxswain skills` made, and choosing from it. */
import { join } from 'node:path';
import { fitted, type RunList, readArtifact, suggestion, UsageError } from '@coxswain/lab';
import { CheckpointError } from '@coxswain/tensor';
import { z } from 'zod';
import type { Skill } from './library.js';

/** In the run folder: a list of `Skill`. */
export const SKILLS_FILE = 'skills.json';

/** The same, as reports read it. */
export const SKILLS: RunList<Skill> = {
  file: SKILLS_FILE,
  shape: z.array(
    z.object({
      name: z.string(),
      reaches: z.int(),
      code: z.array(z.number()),
      purity: z.number(),
      reached: z.number(),
      steps: z.number(),
      count: z.number(),
    }),
  ),
};

/** What is needed to play one. */
const playable = (latent: number) => z.object({ name: z.string(), reaches: z.int(), code: z.array(z.number()).length(latent) });

/**
 * The skills of a run folder.
 * @param latent numbers in a code of the controller that will hold them.
 * @throws CheckpointError where there are none, or they are not what this program wrote.
 */
export function openSkills(folder: string, latent: number): readonly Skill[] {
  const path = join(folder, SKILLS_FILE);
  const again = 'Give the command that made the folder once more: it goes on to the end.';
  const read = readArtifact(folder, SKILLS_FILE) as readonly Skill[] | undefined;
  if (read === undefined) throw new CheckpointError('--library', `there is no ${path}`, 'the folder of a run that has ended', again);
  if (!Array.isArray(read)) throw new CheckpointError('--library', `${path} is no list`, 'a list of skills', again);
  for (const [index, one] of read.entries())
    fitted(playable(latent), one, (fault) => {
      const expected = `a skill with name, reaches and a code of ${latent} numbers`;
      throw new CheckpointError('--library', `entry ${index} of ${path}: ${fault}`, expected, again);
    });
  if (read.length === 0)
    throw new CheckpointError(
      '--library',
      `${path} holds no skill`,
      'one at least',
      'Make one from more episodes (--set skills.batches=16), or from a controller whose codes reach colours.',
    );
  return read;
}

/**
 * The skills that a list like `2,0,colour 1` chooses, by their number in the library or their name.
 * @throws UsageError that names the first that is not there.
 */
export function chooseSkills(library: readonly Skill[], text: string): Skill[] {
  const names = library.map(({ name }) => name);
  const known = `numbers from 0 to ${library.length - 1}, or names (${names.join(', ')}), with commas between`;
  return text.split(',').map((part) => {
    const word = part.trim();
    const found = /^\d+$/.test(word) ? library[Number(word)] : library.find(({ name }) => name === word);
    if (found) return found;
    const isName = word !== '' && !/^\d+$/.test(word);
    throw new UsageError('--skills', `\`${word}\``, known, suggestion(word, isName ? names : [], 'For example --skills 0.'));
  });
}
