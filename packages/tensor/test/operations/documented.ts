/** What the sources of the operations say of each: its parameters and its comment. */
import { readdirSync, readFileSync } from 'node:fs';
import { FUNCTIONS, type FunctionName, functionRow } from '@coxswain/kernels';

const folder = new URL('../../src/ops/', import.meta.url);

export interface Documented {
  readonly name: string;
  readonly file: string;
  readonly parameters: readonly string[];
  /** The first paragraph of the comment. */
  readonly summary: string;
  /** `x [N, in]`, … and what comes out, where the comment says so. */
  readonly shapes: string;
}

interface Comment {
  readonly summary: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly returns: string;
}

function commentOf(text: string): Comment {
  const lines = text.split('\n').map((line) => line.replace(/^\s*(\/\*\*|\*\/|\*)?\s?/, '').replace(/\s*\*\/\s*$/, ''));
  const [body, ...tags] = lines
    .join('\n')
    .trim()
    .split(/\n?(?=@\w)/);
  const flat = (part: string): string => part.replace(/\s+/g, ' ').trim();
  const parameters = new Map<string, string>();
  let returns = '';
  for (const tag of body.startsWith('@') ? [body, ...tags] : tags) {
    const [, kind, rest] = /^@(\w+)\s*([\s\S]*)$/.exec(tag) as RegExpExecArray;
    if (kind === 'returns') returns = flat(rest);
    const named = /^(\S+)\s+([\s\S]*)$/.exec(rest);
    if (kind === 'param' && named) parameters.set(named[1], flat(named[2]));
  }
  return { summary: body.startsWith('@') ? '' : flat(body.split(/\n\s*\n/)[0]), parameters, returns };
}

/** Text between a bracket at `from` and its partner. */
function inside(text: string, from: number): string {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    if ('([{<'.includes(text[i])) depth++;
    // The `>` of an arrow closes nothing.
    if (')]}'.includes(text[i]) || (text[i] === '>' && text[i - 1] !== '=')) depth--;
    if (depth === 0) return text.slice(from + 1, i);
  }
  throw new Error(`no end of ${text.slice(from, from + 40)}`);
}

/** Parts between commas that lie in no bracket. */
function parts(text: string): string[] {
  const found = [''];
  let depth = 0;
  for (const [i, character] of [...text].entries()) {
    if ('([{<'.includes(character)) depth++;
    if (')]}'.includes(character) || (character === '>' && text[i - 1] !== '=')) depth--;
    if (character === ',' && depth === 0) found.push('');
    else found[found.length - 1] += character;
  }
  return found.map((part) => part.trim()).filter(Boolean);
}

/** `name`, or what is taken out of an object; with a mark where it may be left out. */
function parameterOf(text: string): string {
  const optional = / = /.test(text.replace(/^\{[\s\S]*?\}/, ''));
  if (text.startsWith('{')) {
    const names = parts(inside(text, 0)).map((part) => part.replace(/[\s=:][\s\S]*$/, ''));
    return `{ ${names.join(', ')} }${optional ? '?' : ''}`;
  }
  const name = (/^(\.\.\.)?\w+\??/.exec(text) as RegExpExecArray)[0];
  return optional && !name.endsWith('?') ? `${name}?` : name;
}

/** Fields of an interface with their comments. */
function fieldsOf(source: string, type: string): ReadonlyMap<string, string> {
  const start = new RegExp(`export interface ${type}\\b[^{]*\\{`).exec(source);
  const fields = new Map<string, string>();
  if (!start) return fields;
  const body = inside(source, start.index + start[0].length - 1);
  for (const [, comment, name] of body.matchAll(/(?:(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\s*)?readonly (\w+)\??:/g))
    fields.set(name, comment ? commentOf(comment).summary : '');
  return fields;
}

/** The leading shape of a description: `[N, in]`, `u32 [batch]`. */
const SHAPE = /^(?:(?:f32|i32|u32),? )?(?:\[[^\]]*\]|(?:any|of any) shape|of (?:one|the same|that) shape)(?:, or \[[^\]]*\])?/;
const shapeIn = (said: string): string | undefined => SHAPE.exec(said)?.[0];

/** What comes out, in few words: the shape, with what is said of it where that is short. */
function result(said: string): string {
  const [start] = said.split(/[;:]|\. /);
  if (shapeIn(said)) return start.length <= SHORT ? start : (shapeIn(said) as string);
  return /(?:^|\s)\[[^\]]*\]/.exec(said)?.[0].trim() ?? (/shape/.test(said) ? said : '');
}
const SHORT = 60;

function declared(name: string, file: string, source: string): Documented | undefined {
  const found = new RegExp(
    `(/\\*\\*(?:(?!\\*/)[\\s\\S])*\\*/)?\\s*export (?:function ${name}(?:<[^>]*>)?\\(|const ${name}\\b[^=]*= )`,
  ).exec(source);
  if (!found) return undefined;
  const { summary, parameters: said, returns } = commentOf(found[1] ?? '');
  const at = source.indexOf('(', found.index + found[0].length - 1);
  const isPair = /= (?:pair|mask)Of\($/.test(source.slice(0, at + 1));
  const listed = isPair ? ['a: Tensor', 'b: Tensor'] : parts(inside(source, at));
  const options = listed.flatMap((text) => [...fieldsOf(source, /: (?:Omit<)?(\w+)/.exec(text.replace(/^\{[\s\S]*?\}/, ''))?.[1] ?? '-')]);
  const all = [...said, ...options.filter(([field]) => !said.has(field))];
  const given = all.flatMap(([one, text]) => (shapeIn(text) ? [`${one} ${shapeIn(text)}`] : []));
  const out = result(returns);
  return {
    ...{ name, file, summary, parameters: listed.map(parameterOf) },
    shapes: isPair ? PAIR_SHAPES : given.length > 0 || out !== '' ? [given.join(', '), out].filter(Boolean).join(' → ') : '',
  };
}

/** Of two tensors, element by element, as `pairOf` makes operations. */
const PAIR_SHAPES = 'a [...], b [...] → [...], with broadcasting';

const isFunction = (name: string): name is FunctionName => name in FUNCTIONS;

/** What is said of an operation, or undefined where it is not found. */
export function documented(name: string): Documented | undefined {
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.includes('.test.') && file !== 'index.ts');
  for (const file of files) {
    const source = readFileSync(new URL(file, folder), 'utf8');
    const found = declared(name, file, source);
    if (found) return found;
  }
  if (!isFunction(name)) return undefined;
  const { says, parameters = [] } = functionRow(name);
  const numbers = parameters.map(([parameter, standard]) => (standard === undefined ? parameter : `${parameter}?`));
  return { name, file: 'functions.ts', summary: says, parameters: ['x', ...numbers], shapes: 'x of any shape → the same' };
}
