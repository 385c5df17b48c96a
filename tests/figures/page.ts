/**
 * Figures on pages: every number in a page's sentences is computed from what is stored, or said to be a setting, or it
 * is refused. What is code (in backticks, fences, link targets) is no sentence; blocks of output are held by `blocks`.
 */

/** A sentence, or part of one, with its figures put in from stored results. */
export type Claim = { readonly text: string };

/** A number that is chosen and not measured, inside a claim. */
export class Setting {
  constructor(readonly text: string) {}
}
export const set = (text: string): Setting => new Setting(text);

/**
 * A claim. Its figures are the values put in; what stands around them may hold whole numbers (settings, tasks, counts
 * of episodes), but no fraction and no percentage, for those are measured: put them in, or mark them with `set`.
 */
export function figures(parts: TemplateStringsArray, ...values: readonly (string | Setting)[]): Claim {
  const measured = parts.find((part) => /\d[.,]\d|\d\s?%/.test(part.replace(/`[^`]*`/g, '')));
  if (measured !== undefined) throw new Error(`a figure written by hand: ${measured}`);
  return { text: parts.map((part, i) => part + (i < values.length ? textOf(values[i]) : '')).join('') };
}
const textOf = (value: string | Setting): string => (value instanceof Setting ? value.text : value);

export interface PageFigures {
  /** From the root of the repository. */
  readonly page: string;
  readonly claims?: readonly Claim[];
  /** Parts of sentences whose numbers are chosen or cited, not measured here. */
  readonly settings?: readonly string[];
  /** Whole blocks of output that stand on the page as they were printed. */
  readonly blocks?: readonly string[];
  /** Parts of the page, from one text to another (`END`: all the rest), whose figures other tests hold: which. */
  readonly heldElsewhere?: readonly { readonly from: string; readonly to: string; readonly by: string }[];
}

const squeeze = (text: string): string => text.replace(/\s+/g, ' ').replace(/\| ?-[-: |]*\|/g, '|');

/** What the comments of a script say. */
const comments = (script: string): string => [...script.matchAll(/(?:^|\s)# (.*)$/gm)].map(([, said]) => said).join('\n');

/** The text of sentences with what is code blotted out, character by character. */
function sentences(page: string): { text: string; shown: string } {
  const text = squeeze(
    page
      .replace(/^(#* *)\d+\. /gm, '$1- ')
      .replace(/^```(\w*)\n([\s\S]*?)^```/gm, (_, language, code) => (/^(ba)?sh$/.test(language) ? comments(code) : ''))
      .replace(/<!--[\s\S]*?-->/g, ''),
  );
  const blot = (found: string): string => found.replace(/\d/g, '_');
  const shown = text
    .replace(/`[^`]*`/g, blot)
    .replace(/\]\([^)]*\)/g, blot)
    .replace(/arXiv \d+\.\d+|\b\d{4}-\d{2}-\d{2}\b|§\d+/g, blot);
  return { text, shown };
}

/** What every package says that it needs, and `tests/packages.test.ts` tries. */
export const NEEDED = ['It needs Node 20.19 or later', 'Types need TypeScript 5.5 or later'] as const;

/** Numbers that stand by themselves: not those in names, such as f32, H200 or AVX2. */
const NUMBER = /(?<![\p{L}\d_.-])[−-]?\d+(?:[\u00a0\u202f ]\d{3})*(?:[.,]\d+)*(?:e-?\d+)?(?![\p{L}_\d])/gu;

/**
 * What is wrong with a page's figures, one line each: claims that it does not hold, and numbers that nothing accounts
 * for.
 */
export function faults(page: string, { claims = [], settings = [], blocks = [], heldElsewhere = [] }: PageFigures): string[] {
  let rest = page;
  for (const { from, to } of heldElsewhere) {
    const [start, end] = [rest.indexOf(from), to === 'END' ? rest.length : rest.indexOf(to)];
    if (start < 0 || end < start) return [`nothing from "${from}" to "${to}"`];
    rest = rest.slice(0, start) + rest.slice(end);
  }
  const { text, shown } = sentences(rest);
  const covered = new Uint8Array(text.length);
  const wrong: string[] = [];
  for (const [kind, part] of [...claims.map((claim) => ['claim', claim.text]), ...settings.map((setting) => ['setting', setting])]) {
    const wanted = squeeze(part).trim();
    let at = text.indexOf(wanted);
    if (at < 0) wrong.push(`${kind} is not on the page: ${wanted}`);
    for (; at >= 0; at = text.indexOf(wanted, at + 1)) covered.fill(1, at, at + wanted.length);
  }
  for (const block of blocks) if (!page.includes(block.trim())) wrong.push(`block is not on the page:\n${block}`);
  for (const { 0: number, index } of shown.matchAll(NUMBER))
    if (!covered[index]) wrong.push(`nothing stored says ${number}: …${text.slice(Math.max(0, index - 60), index + 40)}…`);
  return wrong;
}
