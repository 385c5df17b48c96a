/** Help texts within the columns that a terminal has. */

/** The most columns that a line of help takes. */
export const HELP_COLUMNS = 100;

/** A row of options: what is typed, two spaces or more, what it means. */
const ROW = /^( +\S.*? {2,})\S/;

/** Words in lines of at most `HELP_COLUMNS`, the first behind `head`, the others as far in. */
function fill(head: string, words: readonly string[]): string[] {
  const lines: string[] = [];
  let line = head;
  for (const word of words) {
    if (line.length + word.length > HELP_COLUMNS && line.trim() !== '') {
      lines.push(line.trimEnd());
      line = ' '.repeat(head.length);
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}

/** Where the words of a line begin: behind its option where it is a row, else behind its indent. */
const textAt = (line: string): number => ROW.exec(line)?.[1].length ?? line.length - line.trimStart().length;

/** How far in the lines of a block are; a row's further lines are as far in as its words. */
function goesOn(block: readonly string[], line: string): boolean {
  if (block.length === 0 || line.trim() === '' || block[0].trim() === '') return false;
  return !ROW.test(line) && line.length - line.trimStart().length === textAt(block[0]);
}

function fitBlock(block: readonly string[]): readonly string[] {
  if (block.every(({ length }) => length <= HELP_COLUMNS)) return block;
  const at = textAt(block[0]);
  return fill(
    block[0].slice(0, at),
    block.flatMap((line, i) =>
      line
        .slice(i === 0 ? at : 0)
        .trim()
        .split(/ +/),
    ),
  );
}

/** The same text with its paragraphs, and rows of options, that are too wide broken anew. */
export function fitHelp(text: string): string {
  const blocks: string[][] = [];
  for (const line of text.split('\n')) {
    const last = blocks.at(-1);
    if (last && goesOn(last, line)) last.push(line);
    else blocks.push([line]);
  }
  return blocks.flatMap(fitBlock).join('\n');
}
