/**
 * Reads apt's two source formats (one-line and deb822), so that another suite can be asked of the mirror the machine
 * already trusts.
 *
 * @typedef {object} AptSource
 * @property {string[]} uris
 * @property {string[]} suites
 * @property {string[]} components
 * @property {Record<string, string>} options deb822 fields such as Signed-By; an embedded key keeps its line breaks
 */

const KEPT_OPTIONS = ['Signed-By', 'Trusted', 'Architectures', 'Check-Valid-Until'];

/**
 * Stanzas of a `.sources` file that are enabled and have binary packages.
 * @param {string} text
 * @returns {AptSource[]}
 */
export function parseDeb822(text) {
  return text
    .split(/\n\s*\n/)
    .map(fieldsOf)
    .filter((fields) => fields.types?.split(/\s+/).includes('deb') && !/^(no|false|0)$/i.test(fields.enabled ?? 'yes'))
    .map((fields) => ({
      uris: words(fields.uris),
      suites: words(fields.suites),
      components: words(fields.components),
      options: keep((name) => fields[name.toLowerCase()]),
    }));
}

/** Lines of a `sources.list` that have binary packages. @param {string} text @returns {AptSource[]} */
export function parseOneLine(text) {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)([^#]*)/.exec(line);
    if (!match) return [];
    const given = new Map(words(match[1]).map((pair) => /** @type {[string, string]} */ (pair.split('=', 2))));
    const short = /** @type {Record<string, string>} */ ({ Architectures: 'arch' });
    const options = keep((name) => given.get(short[name] ?? name.toLowerCase())?.replaceAll(',', ' '));
    return [{ uris: [match[2]], suites: [match[3]], components: words(match[4]), options }];
  });
}

/**
 * The source to add so that `<codename>-backports` is there: the mirror and key of the release's own source, Debian's
 * public mirror where none is configured; undefined where backports are configured already.
 * @param {AptSource[]} sources @param {string} codename @returns {AptSource | undefined}
 */
export function backportsOf(sources, codename) {
  const suite = `${codename}-backports`;
  if (sources.some((source) => source.suites.includes(suite))) return undefined;
  const own = sources.find((source) => source.suites.includes(codename));
  return {
    uris: own?.uris ?? ['http://deb.debian.org/debian'],
    suites: [suite],
    components: ['main'],
    options: own?.options ?? { 'Signed-By': '/usr/share/keyrings/debian-archive-keyring.gpg' },
  };
}

/** A source as a deb822 stanza. @param {AptSource} source */
export function formatSource({ uris, suites, components, options }) {
  const fields = { Types: 'deb', URIs: uris.join(' '), Suites: suites.join(' '), Components: components.join(' '), ...options };
  return `${Object.entries(fields)
    .map(([name, value]) => `${name}:${value.startsWith('\n') ? '' : ' '}${value}`)
    .join('\n')}\n`;
}

/** @param {string} stanza @returns {Record<string, string | undefined>} field names in lower case */
function fieldsOf(stanza) {
  /** @type {Record<string, string>} */
  const fields = {};
  let last = '';
  for (const line of stanza.split('\n')) {
    if (line.startsWith('#')) continue;
    if (/^\s/.test(line)) fields[last] += `\n${line}`;
    else if (line.includes(':')) {
      last = line.slice(0, line.indexOf(':')).toLowerCase();
      fields[last] = line.slice(line.indexOf(':') + 1).trim();
    }
  }
  return fields;
}

/** @param {(name: string) => string | undefined} fieldOf @returns {Record<string, string>} */
function keep(fieldOf) {
  return Object.fromEntries(
    KEPT_OPTIONS.flatMap((name) => (fieldOf(name) === undefined ? [] : [[name, /** @type {string} */ (fieldOf(name))]])),
  );
}

/** @param {string | undefined} text */
const words = (text) => text?.split(/\s+/).filter(Boolean) ?? [];
