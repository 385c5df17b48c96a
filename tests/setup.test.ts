import { describe, expect, it } from 'vitest';
import { backportsOf, formatSource, parseDeb822, parseOneLine } from '../scripts/setup/apt-sources.mjs';
import { compareVersions, type DriverFacts, planDriver, planTools, type ToolFacts } from '../scripts/setup/plan.mjs';

const tools: ToolFacts = { node: '20.20.2', wantedNode: '20.19', pnpm: '12.21.0', wantedPnpm: '12.21.0', dependencies: 'current' };

const debianSources = parseDeb822(`Types: deb
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
`);

const driver: DriverFacts = {
  platform: 'linux',
  distribution: { id: 'debian', version: '12', codename: 'bookworm' },
  root: true,
  apt: true,
  mesa: undefined,
  loader: undefined,
  sources: debianSources,
  adapter: { ok: false, reason: 'none offered' },
};

/** The one message of a plan that gives up. */
function refusal(facts: Partial<DriverFacts>): string {
  const steps = planDriver({ ...driver, ...facts });
  expect(steps.map((step) => step.kind)).toEqual(['stop']);
  return steps[0].say;
}

const commands = (facts: Partial<DriverFacts>) =>
  planDriver({ ...driver, ...facts }).map((step) =>
    step.kind === 'run' ? step.command.join(' ') : step.kind === 'write' ? step.text : `stop: ${step.say}`,
  );

describe('tools', () => {
  it('installs nothing that is there already', () => {
    expect(planTools(tools)).toEqual([]);
  });

  it('installs the pinned pnpm, then the dependencies', () => {
    const steps = planTools({ ...tools, pnpm: undefined, dependencies: 'missing' });
    expect(steps.map((step) => step.kind === 'run' && step.command.join(' '))).toEqual([
      'npm install -g pnpm@12.21.0',
      'pnpm install --frozen-lockfile',
    ]);
    for (const step of steps) expect(step.kind === 'run' && step.remedy).toMatch(/npm install -g|pnpm install/);
  });

  it('brings dependencies up to date when the lockfile changed', () => {
    const [step, ...rest] = planTools({ ...tools, dependencies: 'stale' });
    expect(step.say).toContain('out of date');
    expect(rest).toEqual([]);
  });

  it('names what to do about an old Node or an old pnpm', () => {
    expect(planTools({ ...tools, node: '18.20.4', pnpm: undefined })).toEqual([
      { kind: 'stop', say: expect.stringContaining('install Node 20.19 or later') },
    ]);
    expect(planTools({ ...tools, pnpm: '8.15.9' })).toEqual([
      { kind: 'stop', say: expect.stringContaining('npm install -g pnpm@12.21.0') },
    ]);
  });

  it('orders versions by number', () => {
    expect(compareVersions('20.9.0', '20.19')).toBeLessThan(0);
    expect(compareVersions('22.0.0', '20.19')).toBeGreaterThan(0);
    expect(compareVersions('20.19.0', '20.19')).toBe(0);
  });
});

describe('driver', () => {
  it('does nothing when Dawn found an adapter, whatever else is missing', () => {
    expect(planDriver({ ...driver, root: false, apt: false, adapter: { ok: true, name: 'llvmpipe' } })).toEqual([]);
  });

  it('takes Mesa from bookworm-backports on the mirror that the machine uses', () => {
    const [source, update, install, ...rest] = commands({});
    expect(source).toBe(
      'Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm-backports\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n',
    );
    expect(update).toContain('apt-get');
    expect(install).toContain('install -y --no-install-recommends -t bookworm-backports mesa-vulkan-drivers libvulkan1');
    expect(rest).toEqual([]);
  });

  it("replaces Debian 12's own Mesa, which Dawn refuses, and says so", () => {
    const steps = planDriver({ ...driver, mesa: '22.3.6-1+deb12u1', loader: '1.3.239.0-1' });
    expect(steps[0].say).toContain('Mesa 22.3.6-1+deb12u1 is older than 24');
  });

  it('writes no second backports source', () => {
    const sources = [...debianSources, ...parseOneLine('deb http://mirror.example/debian bookworm-backports main')];
    expect(planDriver({ ...driver, sources }).map((step) => step.kind)).toEqual(['run', 'run']);
  });

  it("takes a newer distribution's own Mesa", () => {
    for (const distribution of [
      { id: 'debian', version: '13', codename: 'trixie' },
      { id: 'debian', version: '', codename: 'sid' },
      { id: 'ubuntu', version: '24.04', codename: 'noble' },
    ]) {
      const [update, install] = commands({ distribution });
      expect(update).toMatch(/ update$/);
      expect(install).toMatch(/install -y --no-install-recommends mesa-vulkan-drivers libvulkan1$/);
    }
  });

  it('names the commands when it is not root', () => {
    const message = refusal({ root: false });
    expect(message).toContain('bookworm-backports');
    expect(message).toContain('-t bookworm-backports mesa-vulkan-drivers libvulkan1');
    expect(message.match(/sudo/g)).toHaveLength(3);
  });

  it('gives every step that may fail a remedy with the commands', () => {
    for (const step of planDriver(driver))
      expect(step.kind !== 'stop' && step.remedy).toContain('-t bookworm-backports mesa-vulkan-drivers');
  });

  it('names what to do where there is no apt or no known package', () => {
    expect(refusal({ apt: false, distribution: { id: 'fedora', version: '42', codename: '' } })).toMatch(/Mesa 24 or later .* fedora 42/);
    expect(refusal({ distribution: { id: 'debian', version: '11', codename: 'bullseye' } })).toContain('debian 11');
    expect(refusal({ distribution: { id: 'ubuntu', version: '22.04', codename: 'jammy' } })).toContain('ubuntu 22.04');
  });

  it('names what to do on macOS, Windows and elsewhere', () => {
    const nowhere = { distribution: { id: '', version: '', codename: '' }, apt: false };
    expect(refusal({ ...nowhere, platform: 'darwin' })).toContain('macOS 12');
    expect(refusal({ ...nowhere, platform: 'win32' })).toContain('graphics driver');
    expect(refusal({ ...nowhere, platform: 'freebsd' })).toContain('freebsd');
  });

  it('does not install again what Dawn refuses for another reason', () => {
    expect(refusal({ mesa: '25.0.7-2~bpo12+1', loader: '1.3.239.0-1' })).toContain('vulkaninfo');
  });
});

describe('apt sources', () => {
  it('reads deb822 stanzas, leaving out disabled and source-only ones', () => {
    const text =
      'Types: deb-src\nURIs: http://a\nSuites: bookworm\nComponents: main\n\nEnabled: no\nTypes: deb\nURIs: http://b\nSuites: bookworm\nComponents: main\n\n' +
      'Types: deb deb-src\nURIs: http://c http://d\nSuites: bookworm\nComponents: main contrib\nSigned-By:\n -----BEGIN-----\n .\n key\n';
    const sources = parseDeb822(text);
    expect(sources).toEqual([
      {
        uris: ['http://c', 'http://d'],
        suites: ['bookworm'],
        components: ['main', 'contrib'],
        options: { 'Signed-By': '\n -----BEGIN-----\n .\n key' },
      },
    ]);
    const added = backportsOf(sources, 'bookworm');
    expect(added && formatSource(added)).toContain('Signed-By:\n -----BEGIN-----\n .\n key\n');
  });

  it('reads one-line sources with options', () => {
    const text =
      '# deb http://no bookworm main\ndeb [signed-by=/k.gpg arch=amd64,arm64] https://mirror.example/debian bookworm main contrib # main\ndeb-src http://s bookworm main\n';
    expect(parseOneLine(text)).toEqual([
      {
        uris: ['https://mirror.example/debian'],
        suites: ['bookworm'],
        components: ['main', 'contrib'],
        options: { 'Signed-By': '/k.gpg', Architectures: 'amd64 arm64' },
      },
    ]);
  });

  it("asks Debian's public mirror where nothing is configured", () => {
    expect(backportsOf([], 'bookworm')?.uris).toEqual(['http://deb.debian.org/debian']);
  });
});
