/** Bun and Deno, from npm: kept beside what else is installed, for they are large and few need them. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from '../../scripts/packages.mjs';

const RUNTIMES = { bun: { version: '1.4.5', run: ['run'] }, deno: { version: '2.9.6', run: ['run', '--allow-all'] } } as const;
export type Runtime = keyof typeof RUNTIMES;
export const runtimes = Object.keys(RUNTIMES) as Runtime[];

const kept = join(root, 'node_modules/.cache/coxswain/runtimes');

/** The command line that runs a program with a runtime; undefined where that cannot be installed. */
export function commandOf(runtime: Runtime): string[] | undefined {
  const { version, run: words } = RUNTIMES[runtime];
  const folder = join(kept, `${runtime}-${version}`);
  const program = join(folder, 'node_modules/.bin', runtime);
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    try {
      run('npm', ['install', '--prefix', folder, '--prefer-offline', '--no-audit', '--no-fund', `${runtime}@${version}`], folder);
    } catch {
      return undefined;
    }
  }
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return status === 0 && stdout.includes(version) ? [program, ...words] : undefined;
}
