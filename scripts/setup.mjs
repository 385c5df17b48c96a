// Brings a machine to where this repository runs: pnpm, the dependencies and a Vulkan driver that Dawn accepts.
// Installs nothing that is there already; where it cannot install, says what to do and ends with 1. Needs Node alone.
//   node scripts/setup.mjs
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseDeb822, parseOneLine } from './setup/apt-sources.mjs';
import { planDriver, planTools } from './setup/plan.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** @param {string} line */
const say = (line) => console.log(`setup: ${line}`);

/**
 * Does all set-up there is to do.
 * @returns {{ installed: string[], adapter: string }} what was done, and the adapter that Dawn now gives
 * @throws {SetupError} whose message names the remedy
 */
export function setup() {
  const installed = carryOut(planTools(toolFacts()));
  let facts = driverFacts();
  if (!facts.adapter.ok) {
    installed.push(...carryOut(planDriver(facts)));
    facts = driverFacts();
  }
  if (!facts.adapter.ok) {
    const [next] = planDriver(facts);
    throw new SetupError(
      next.kind === 'stop'
        ? next.say
        : `Dawn finds no usable adapter (${facts.adapter.reason}), although the driver installed. ${next.remedy}`,
    );
  }
  return { installed, adapter: facts.adapter.name };
}

export class SetupError extends Error {}

/** Runs `setup`, says what came of it, and ends the process with 1 where it failed. */
export function setupOrExit() {
  try {
    const done = setup();
    say(`${done.installed.length ? 'done' : 'nothing to install'}; the adapter is ${done.adapter}`);
    return done;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`setup: ${error.message}`);
    process.exit(1);
  }
}

/** @param {import('./setup/plan.mjs').Step[]} steps @returns {string[]} what each step said */
function carryOut(steps) {
  for (const step of steps) {
    if (step.kind === 'stop') throw new SetupError(step.say);
    say(step.say);
    if (step.kind === 'write') {
      try {
        writeFileSync(step.file, step.text);
      } catch (error) {
        throw new SetupError(`${error}\n${step.remedy}`);
      }
      continue;
    }
    const { status, error } = shell(step.command, { inherit: true });
    if (status !== 0) throw new SetupError(`\`${step.command.join(' ')}\` failed (${error?.message ?? `exit ${status}`}). ${step.remedy}`);
  }
  return steps.map((step) => step.say);
}

/** @returns {import('./setup/plan.mjs').ToolFacts} */
function toolFacts() {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const pnpm = shell(['pnpm', '--version']);
  return {
    node: process.versions.node,
    wantedNode: manifest.engines.node.replace('>=', ''),
    pnpm: pnpm.status === 0 ? pnpm.stdout.trim().split('\n').at(-1) : undefined,
    wantedPnpm: manifest.packageManager.split('@')[1],
    dependencies: dependencies(),
  };
}

/** pnpm keeps a copy of the lockfile it installed from; the two are the same text when nothing changed since. */
function dependencies() {
  const installed = join(root, 'node_modules/.pnpm/lock.yaml');
  if (!existsSync(installed) || !existsSync(join(root, 'node_modules/.modules.yaml'))) return 'missing';
  return readFileSync(installed, 'utf8') === readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8') ? 'current' : 'stale';
}

/** @returns {import('./setup/plan.mjs').DriverFacts} */
function driverFacts() {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  /** @param {string} name */
  const field = (name) => new RegExp(`^${name}="?([^"\n]*)`, 'm').exec(release)?.[1] ?? '';
  return {
    platform: process.platform,
    distribution: { id: field('ID'), version: field('VERSION_ID'), codename: field('VERSION_CODENAME') },
    root: process.getuid?.() === 0,
    apt: process.platform === 'linux' && shell(['apt-get', '--version']).status === 0,
    mesa: installedVersion('mesa-vulkan-drivers'),
    loader: installedVersion('libvulkan1'),
    sources: aptSources(),
    adapter: askForAdapter(),
  };
}

/** @param {string} name @returns {string | undefined} */
function installedVersion(name) {
  if (process.platform !== 'linux') return undefined;
  const { status, stdout } = shell(['dpkg-query', '-W', '-f', "'${db:Status-Status} ${Version}'", name]);
  const [state, version] = stdout.split(' ');
  return status === 0 && state === 'installed' ? version : undefined;
}

function aptSources() {
  const folder = '/etc/apt/sources.list.d';
  const files = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  return ['/etc/apt/sources.list', ...files].filter(existsSync).flatMap((file) => {
    if (file.endsWith('.sources')) return parseDeb822(readFileSync(file, 'utf8'));
    return file.endsWith('.list') ? parseOneLine(readFileSync(file, 'utf8')) : [];
  });
}

/** A probe that takes longer than this hangs, however slow the machine, in ms. */
const HANGS_MS = 600_000;

/** @returns {import('./setup/plan.mjs').AdapterAnswer} */
function askForAdapter() {
  const child = spawnSync(process.execPath, [join(root, 'scripts/setup/probe-adapter.mjs')], { encoding: 'utf8', timeout: HANGS_MS });
  const line = child.stdout?.trim().split('\n').at(-1) ?? '';
  const complaint = child.stderr
    ?.split('\n')
    .find((text) => /required|error|not found|cannot/i.test(text) && !/^Warning: max|XDG_RUNTIME_DIR/.test(text));
  if (!line.startsWith('{'))
    return { ok: false, reason: child.error?.message ?? complaint ?? `the probe ended with ${child.signal ?? child.status}` };
  const answer = JSON.parse(line);
  return answer.ok || !complaint
    ? answer
    : { ok: false, reason: `${answer.reason}: ${complaint.replace(/^(Warning|Error): /i, '').trim()}` };
}

/**
 * Runs fixed words through the shell: Windows' npm and pnpm are scripts, and so is pnpm where npm was told to run no
 * install scripts.
 * @param {string[]} command @param {{ inherit?: boolean }} [options]
 */
function shell(command, { inherit = false } = {}) {
  return spawnSync(command.join(' '), {
    cwd: root,
    shell: true,
    encoding: 'utf8',
    stdio: inherit ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) setupOrExit();
