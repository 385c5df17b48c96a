/**
 * What setting up takes, decided from facts alone: nothing here looks at the machine or changes it.
 *
 * @typedef {object} ToolFacts
 * @property {string} node this Node's version, `20.20.2`
 * @property {string} wantedNode the lowest version the repository runs on, `20.19`
 * @property {string | undefined} pnpm the version on the path
 * @property {string} wantedPnpm the version package.json pins
 * @property {'current' | 'stale' | 'missing'} dependencies node_modules against pnpm-lock.yaml
 *
 * @typedef {{ ok: true, name: string } | { ok: false, reason: string }} AdapterAnswer
 *
 * @typedef {object} DriverFacts
 * @property {string} platform Node's `process.platform`
 * @property {{ id: string, version: string, codename: string }} distribution from /etc/os-release, empty strings
 * elsewhere
 * @property {boolean} root whether this process may install packages
 * @property {boolean} apt whether apt-get is there
 * @property {string | undefined} mesa installed version of mesa-vulkan-drivers
 * @property {string | undefined} loader installed version of libvulkan1
 * @property {import('./apt-sources.mjs').AptSource[]} sources what apt is configured with
 * @property {AdapterAnswer} adapter what Dawn answered
 *
 * @typedef {{ kind: 'run', say: string, command: string[], remedy: string }} RunStep
 * @typedef {{ kind: 'write', say: string, file: string, text: string, remedy: string }} WriteStep
 * @typedef {{ kind: 'stop', say: string }} StopStep
 * @typedef {RunStep | WriteStep | StopStep} Step
 */
import { backportsOf, formatSource } from './apt-sources.mjs';

/**
 * Dawn turns away Vulkan drivers without dynamic indexing of every kind of array; Mesa's llvmpipe has it from here on.
 */
const LOWEST_MESA = 24;
const BACKPORTS = 'bookworm-backports';
const BACKPORTS_FILE = `/etc/apt/sources.list.d/coxswain-${BACKPORTS}.sources`;
const DRIVERS = ['mesa-vulkan-drivers', 'libvulkan1'];
const APT = ['apt-get', '-o', 'DPkg::Lock::Timeout=300', '-q'];

/** Steps that bring pnpm and the dependencies; none when both are there. @param {ToolFacts} facts @returns {Step[]} */
export function planTools(facts) {
  if (compareVersions(facts.node, facts.wantedNode) < 0) {
    return [stop(`Node ${facts.node} is too old: install Node ${facts.wantedNode} or later (https://nodejs.org), then run this again.`)];
  }
  /** @type {Step[]} */
  const steps = [];
  const install = `npm install -g pnpm@${facts.wantedPnpm}`;
  if (facts.pnpm === undefined) {
    steps.push({
      kind: 'run',
      say: `pnpm is missing: installing it (${install})`,
      command: install.split(' '),
      remedy: `Install pnpm yourself, with the rights and the network it needs: sudo ${install}`,
    });
  } else if (major(facts.pnpm) < 10) {
    return [stop(`pnpm ${facts.pnpm} is too old for this workspace: ${install}`)];
  }
  if (facts.dependencies !== 'current') {
    const command = 'pnpm install --frozen-lockfile';
    steps.push({
      kind: 'run',
      say: `dependencies are ${facts.dependencies === 'missing' ? 'missing' : 'out of date'}: installing them (${command})`,
      command: command.split(' '),
      remedy: `Its own words are above; it needs the npm registry and 1 GB of disk. Then run: ${command}`,
    });
  }
  return steps;
}

/**
 * Steps that bring a Vulkan driver that Dawn accepts; none when it found an adapter.
 * @param {DriverFacts} facts
 * @returns {Step[]}
 */
export function planDriver(facts) {
  const { adapter, distribution } = facts;
  if (adapter.ok) return [];
  const why = `Dawn finds no usable adapter (${adapter.reason})`;
  if (facts.platform === 'darwin') {
    return [
      stop(
        `${why}. On macOS it uses Metal, which needs macOS 12 or later and a session with a GPU: update macOS, or run on the machine itself rather than in a virtual one.`,
      ),
    ];
  }
  if (facts.platform === 'win32') {
    return [
      stop(`${why}. On Windows it uses Direct3D 12: install the graphics driver of the card's maker, or run under WSL 2 with Debian 12.`),
    ];
  }
  if (facts.platform !== 'linux') return [stop(`${why}, and it has no build for ${facts.platform}: use Linux, macOS or Windows.`)];

  const mesa = facts.mesa === undefined ? undefined : major(facts.mesa);
  if (mesa !== undefined && mesa >= LOWEST_MESA && facts.loader !== undefined) {
    return [
      stop(
        `${why}, although mesa-vulkan-drivers ${facts.mesa} and libvulkan1 ${facts.loader} are installed. Unset VK_DRIVER_FILES and VK_ICD_FILENAMES if they are set, ` +
          'and see what `vulkaninfo --summary` (package vulkan-tools) says.',
      ),
    ];
  }
  const found =
    mesa === undefined
      ? 'there is no Vulkan driver'
      : mesa < LOWEST_MESA
        ? `Mesa ${facts.mesa} is older than ${LOWEST_MESA}`
        : 'there is no Vulkan loader';
  const release = driverRelease(distribution);
  if (!facts.apt || release === undefined) {
    const name = [distribution.id, distribution.version].filter(Boolean).join(' ') || 'this system';
    return [
      stop(
        `${why}: ${found}. Install Mesa ${LOWEST_MESA} or later with its Vulkan drivers and the Vulkan loader from ${name}'s own packages (Debian calls them ${DRIVERS.join(' and ')}), or the driver of your graphics card.`,
      ),
    ];
  }

  const install = [...APT, 'install', '-y', '--no-install-recommends', ...(release === BACKPORTS ? ['-t', BACKPORTS] : []), ...DRIVERS];
  const source = release === BACKPORTS ? backportsOf(facts.sources, 'bookworm') : undefined;
  const byHand = [
    ...(source ? [`printf '${formatSource(source).replaceAll('\n', '\\n')}' > ${BACKPORTS_FILE}`] : []),
    'apt-get update',
    install.join(' '),
  ];
  if (!facts.root) {
    return [stop([`${why}: ${found}, and only root may install one. Run:`, ...byHand.map((line) => `  sudo sh -c "${line}"`)].join('\n'))];
  }
  const remedy = ["Once Debian's mirror is reachable, as root:", ...byHand.map((line) => `  ${line}`)].join('\n');
  /** @type {Step[]} */
  const steps = [];
  const because = `${why}: ${found}. `;
  if (source) {
    const say = `${because}Adding ${BACKPORTS} from ${source.uris.join(' ')} (${BACKPORTS_FILE})`;
    steps.push({ kind: 'write', say, file: BACKPORTS_FILE, text: formatSource(source), remedy });
  }
  steps.push({
    kind: 'run',
    say: `${source ? '' : because}Reading the package lists (apt-get update)`,
    command: [...APT, 'update'],
    remedy,
  });
  const from = release === BACKPORTS ? ` from ${BACKPORTS}` : '';
  steps.push({ kind: 'run', say: `Installing ${DRIVERS.join(' and ')}${from}`, command: install, remedy });
  return steps;
}

/**
 * Where a distribution keeps a new enough Mesa: `''` for its own release, a release's name for that one, undefined when
 * nowhere known.
 * @param {{ id: string, version: string, codename: string }} distribution
 */
function driverRelease({ id, version, codename }) {
  if (id === 'debian' && (codename === 'bookworm' || version === '12')) return BACKPORTS;
  // Testing and unstable carry no version.
  if (id === 'debian' && (version === '' || Number(version) > 12)) return '';
  if (id === 'ubuntu' && Number.parseFloat(version) >= 24.04) return '';
  return undefined;
}

/** @param {string} say @returns {StopStep} */
const stop = (say) => ({ kind: 'stop', say });

/** First number of a version, without Debian's epoch: `1:25.0.7-2` → 25. @param {string} version */
const major = (version) => Number.parseInt(version.replace(/^\d+:/, ''), 10);

/** Negative when `a` is the older of two dotted versions. @param {string} a @param {string} b */
export function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.replace(/^v/, '').split('.').map(Number));
  for (let i = 0; i < right.length; i++) {
    const difference = (left[i] ?? 0) - right[i];
    if (difference !== 0) return difference;
  }
  return 0;
}
