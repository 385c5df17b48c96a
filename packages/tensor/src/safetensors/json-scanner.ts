/** What is wrong, and what there should be. */
export type Fail = (value: string, expected: string) => never;

/**
 * ASCII. An enum, for its members are compiled as numbers: the loops below look at every byte of a header of up to 100
 * MB.
 */
enum Char {
  tab = 9,
  lineFeed = 10,
  carriageReturn = 13,
  space = 32,
  quote = 34,
  plus = 43,
  comma = 44,
  minus = 45,
  dot = 46,
  zero = 48,
  nine = 57,
  colon = 58,
  capitalE = 69,
  openBracket = 91,
  backslash = 92,
  closeBracket = 93,
  smallE = 101,
  openBrace = 123,
  closeBrace = 125,
}
/** How deep the reference implementation's parser goes. */
const DEEPEST = 127;
/** Half of a surrogate pair, which no UTF-8 text can hold. */
const LONE_SURROGATE = /\p{Surrogate}/u;
/** FNV-1a. The start as a signed integer: the engine would compute with doubles otherwise. */
enum Hash {
  start = 0x811c9dc5 - 2 ** 32,
  factor = 0x01000193,
}
const LITERALS = ['true', 'false', 'null'].map((literal) => new TextEncoder().encode(literal));
/** Characters of the text at fault that an error shows. */
const SHOWN = 12;

/** Whether UTF-8 can hold a text. */
export const isWellFormed = (text: string): boolean => !LONE_SURROGATE.test(text);

export function hashOf(bytes: Uint8Array): number {
  let hash: number = Hash.start;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], Hash.factor);
  return hash;
}

const isDigit = (char: number): boolean => char >= Char.zero && char <= Char.nine;

/**
 * Walks through JSON without making objects of it: several times as fast as `JSON.parse` on a long header, and it sees
 * what that hides, such as a name that is there twice or a number written as 8.0. It takes what the reference
 * implementation's parser does.
 */
export class JsonScanner {
  #at = 0;
  #depth = 0;
  /** Where the last string's text begins and ends, and the hash of its UTF-8. */
  start = 0;
  end = 0;
  hash = 0;
  /** The integers of the last array, of which there are `countedLength`; others may stand behind. */
  readonly counted: number[] = [];
  countedLength = 0;
  /** Of all strings' bytes so far: from 0x80 on where any is no ASCII. */
  bits = 0;
  /** The last string's text, where escapes make it another than what stands there. */
  unescaped: string | undefined;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly fail: Fail,
  ) {}

  /** @throws through `fail`, always. */
  refuse(expected: string): never {
    const rest = new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.bytes.subarray(this.#at, this.#at + 4 * SHOWN));
    const found = rest ? JSON.stringify([...rest].slice(0, SHOWN).join('')) : 'its end';
    return this.fail(`the header has ${found} at byte ${this.#at}`, expected);
  }

  /** Goes on to the next byte that is no white space. @returns it; nothing at the end. */
  peek(): number | undefined {
    const { bytes } = this;
    let at = this.#at;
    let char = bytes[at];
    while (char === Char.space || char === Char.lineFeed || char === Char.carriageReturn || char === Char.tab) char = bytes[++at];
    this.#at = at;
    return char;
  }

  #take(char: number, expected: string): void {
    if (this.bytes[this.#at] !== char && this.peek() !== char) this.refuse(expected);
    this.#at++;
  }

  #deeper(): void {
    if (++this.#depth > DEEPEST) this.refuse(`brackets at most ${DEEPEST} deep`);
  }

  /** Members of an object: `read` is called behind each name, which is the last string, and reads the value. */
  object(expected: string, read: () => void): void {
    this.#take(Char.openBrace, expected);
    this.#deeper();
    if (this.peek() === Char.closeBrace) this.#at++;
    else {
      do {
        this.string('a name in quotes');
        this.#take(Char.colon, 'a colon');
        read();
      } while (!this.#closed(Char.closeBrace, 'a comma or }'));
    }
    this.#depth--;
  }

  /** Takes a comma, or what ends the brackets. @returns whether it was that. */
  #closed(bracket: number, expected: string): boolean {
    const next = this.bytes[this.#at];
    const char = next === Char.comma || next === bracket ? next : this.peek();
    if (char !== Char.comma && char !== bracket) this.refuse(expected);
    this.#at++;
    return char === bracket;
  }

  /** Reads a string into `start`, `end`, `hash` and `unescaped`. */
  string(expected: string): void {
    this.#take(Char.quote, expected);
    const { bytes } = this;
    const start = this.#at;
    let at = start;
    let hash: number = Hash.start;
    let escapes = false;
    let bits = 0;
    let char = bytes[at];
    while (char !== Char.quote) {
      // Nothing behind the end is no number either.
      if (!(char >= Char.space)) {
        this.#at = at;
        this.refuse('a string of printable characters in quotes');
      }
      if (char === Char.backslash) {
        escapes = true;
        at++;
      }
      bits |= char;
      hash = Math.imul(hash ^ char, Hash.factor);
      char = bytes[++at];
    }
    this.start = start;
    this.end = at;
    this.#at = at + 1;
    this.hash = hash;
    this.bits |= bits;
    this.unescaped = undefined;
    if (escapes) this.#unescape();
  }

  #unescape(): void {
    try {
      const unescaped: string = JSON.parse(this.#text(this.start - 1, this.end + 1));
      if (!isWellFormed(unescaped)) throw new SyntaxError('half a character');
      this.unescaped = unescaped;
      this.hash = hashOf(new TextEncoder().encode(unescaped));
    } catch {
      this.#at = this.start;
      this.refuse('a string whose escapes are those of JSON and make whole characters');
    }
  }

  #text(start: number, end: number): string {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.bytes.subarray(start, end));
  }

  /** The last string. */
  get value(): string {
    return this.unescaped ?? this.#text(this.start, this.end);
  }

  /** Whether the last string is this word of ASCII characters. */
  is(word: string): boolean {
    if (this.unescaped !== undefined) return this.unescaped === word;
    const { bytes, start } = this;
    if (this.end - start !== word.length) return false;
    for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word.charCodeAt(i)) return false;
    return true;
  }

  /** An integer from 0 to 2⁵³ − 1, written as one: not 8.0, 1e3 or −0. */
  #count(expected: string): number {
    const first = this.peek();
    const { bytes } = this;
    const start = this.#at;
    let at = start;
    let value = 0;
    let char = bytes[at];
    while (char >= Char.zero && char <= Char.nine) {
      value = 10 * value + (char - Char.zero);
      char = bytes[++at];
    }
    const more = char === Char.dot || char === Char.smallE || char === Char.capitalE;
    const zeros = first === Char.zero && at > start + 1;
    if (at === start || more || zeros || value > Number.MAX_SAFE_INTEGER) this.refuse(`${expected}, from 0 to ${Number.MAX_SAFE_INTEGER}`);
    this.#at = at;
    return value;
  }

  /** Reads an array of integers from 0 to 2⁵³ − 1 into `counted`. */
  counts(expected: string): void {
    const { counted } = this;
    let length = 0;
    this.#take(Char.openBracket, expected);
    if (this.peek() === Char.closeBracket) this.#at++;
    else {
      do counted[length++] = this.#count(expected);
      while (!this.#closed(Char.closeBracket, 'a comma or ]'));
    }
    this.countedLength = length;
  }

  /** Takes a word, if it comes next. @returns whether it did. */
  #takeWord(word: Uint8Array): boolean {
    if (!word.every((char, i) => this.bytes[this.#at + i] === char)) return false;
    this.#at += word.length;
    return true;
  }

  /** Takes null, if it comes next. @returns whether it did. */
  takeNull(): boolean {
    this.peek();
    return this.#takeWord(LITERALS[2]);
  }

  /** Goes past any value. */
  skip(): void {
    const char = this.peek();
    if (char === Char.quote) this.string('a string');
    else if (char === Char.openBrace) this.object('an object', () => this.skip());
    else if (char === Char.openBracket) this.#skipArray();
    else if (!LITERALS.some((literal) => this.#takeWord(literal))) this.#skipNumber();
  }

  #skipArray(): void {
    this.#at++;
    this.#deeper();
    if (this.peek() === Char.closeBracket) this.#at++;
    else {
      do this.skip();
      while (!this.#closed(Char.closeBracket, 'a comma or ]'));
    }
    this.#depth--;
  }

  #skipNumber(): void {
    const { bytes } = this;
    const digits = (): void => {
      if (!isDigit(bytes[this.#at])) this.refuse('a value');
      while (isDigit(bytes[this.#at])) this.#at++;
    };
    if (bytes[this.#at] === Char.minus) this.#at++;
    // Behind a leading zero comes no other digit.
    if (bytes[this.#at] === Char.zero) this.#at++;
    else digits();
    if (bytes[this.#at] === Char.dot) {
      this.#at++;
      digits();
    }
    if (bytes[this.#at] === Char.smallE || bytes[this.#at] === Char.capitalE) {
      this.#at++;
      if (bytes[this.#at] === Char.plus || bytes[this.#at] === Char.minus) this.#at++;
      digits();
    }
  }

  /** @throws through `fail` where anything but white space is left. */
  finish(): void {
    if (this.peek() !== undefined) this.refuse('nothing behind the header but white space');
  }
}
