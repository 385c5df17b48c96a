/** Which program this is: its version, and where it can be told the commit that it was made from. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Version {
  /** That of the packages, which carry one; `unknown` where the program came without its package. */
  readonly version: string;
  /**
   * Of the sources, with `-dirty` behind it where files were changed since; absent where there are none beside the
   * program.
   */
  readonly commit?: string;
}

/** Set by what packs the program into one file. */
declare const COXSWAIN_VERSION: Version | undefined;

/** The commit of the repository that a folder is in; nothing without git. */
export function commitOf(folder: string): string | undefined {
  try {
    const words = ['describe', '--always', '--dirty', '--abbrev=40', '--exclude=*'];
    return execFileSync('git', words, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

function find(): Version {
  if (typeof COXSWAIN_VERSION !== 'undefined') return COXSWAIN_VERSION;
  const manifest = new URL('../package.json', import.meta.url);
  if (!existsSync(manifest)) return { version: 'unknown' };
  const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly name?: string; readonly version?: string };
  if (name !== '@coxswain/lab' || version === undefined) return { version: 'unknown' };
  // A package that was installed may lie in somebody's own repository, whose commits say nothing of it.
  const here = fileURLToPath(import.meta.url);
  const commit = /[\\/]packages[\\/]lab[\\/]src[\\/]/.test(here) ? commitOf(fileURLToPath(new URL('.', import.meta.url))) : undefined;
  return { version, ...(commit === undefined ? {} : { commit }) };
}

let found: Version | undefined;

/** Such as `0.1.0 (COMMIT)`. */
export const versionInWords = ({ version, commit }: Version): string => (commit === undefined ? version : `${version} (${commit})`);

/** The version of this program, looked for once. */
export function programVersion(): Version {
  found ??= find();
  return found;
}
