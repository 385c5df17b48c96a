/** Draws arguments of operations from fast-check, which shrinks what fails. */
import fc from 'fast-check';
import { type Host, sizeOf } from './host.js';

/**
 * How wild the elements of a case are: `special` mixes in NaN, infinities, zeros of both signs, denormals; `huge` also
 * what is near the ends.
 */
export type Wildness = 'plain' | 'special' | 'huge';

/** Numbers that f32 has, with few digits: what fails is short. */
const plain = fc.integer({ min: -768, max: 768 }).map((n) => n / 256);
const SPECIAL = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 2 ** -140, -(2 ** -149)];
const HUGE = [3e38, -3e38, 1e30, -1e30, 1e20, 2 ** -126, -(2 ** -120), 88.75, -104, 1e4, -1e4].map(Math.fround);
const special = fc.oneof({ weight: 7, arbitrary: plain }, { weight: 1, arbitrary: fc.constantFrom(...SPECIAL) });
const huge = fc.oneof({ weight: 5, arbitrary: plain }, { weight: 1, arbitrary: fc.constantFrom(...SPECIAL, ...HUGE) });
const arbitraries = { plain, special, huge } as const;

const elements = (length: number, wildness: Wildness): fc.Arbitrary<number[]> =>
  fc.array(arbitraries[wildness], { minLength: length, maxLength: length });
const integers = (length: number, min: number, max: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min, max }), { minLength: length, maxLength: length });
const among = (count: number): fc.Arbitrary<number> => fc.nat({ max: count - 1 });

/** Lengths of axes: nothing sometimes, odd ones, and such as fill lanes. */
const SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 17, 33];
/** One case in so many has no elements. */
const RARELY = 12;
/** Elements of a tensor of any shape at most. */
const MOST = 400;

export class Draw {
  constructor(
    private readonly gen: fc.GeneratorValue,
    /** How wild this case may be. */
    readonly wildness: Wildness,
  ) {}

  pick<T>(list: readonly T[]): T {
    return list[this.gen(among, list.length)];
  }

  bool(): boolean {
    return this.gen(fc.boolean);
  }

  integer(min: number, max: number): number {
    return this.gen(fc.integer, { min, max });
  }

  /** A number with few digits, between bounds. */
  number(min: number, max: number): number {
    return this.integer(Math.ceil(min * 64), Math.floor(max * 64)) / 64;
  }

  /** A length of at most `most`; 0 rarely, where `least` is that. */
  size(most = 9, least = 0): number {
    if (least === 0 && this.integer(1, RARELY) === RARELY) return 0;
    return this.pick(SIZES.filter((n) => n >= Math.max(1, least) && n <= most));
  }

  /** A shape of so many axes, of few elements. */
  shape(least = 0, most = 4): number[] {
    const rank = this.integer(least, most);
    const shape: number[] = [];
    for (let i = 0; i < rank; i++) shape.push(this.size(Math.max(1, Math.min(33, Math.floor(MOST ** (1 / rank))))));
    return shape;
  }

  f32(shape: readonly number[], most: Wildness = this.wildness): Host {
    const wildness = this.wildness === 'plain' || most === 'plain' ? 'plain' : this.wildness === 'special' ? 'special' : most;
    return { shape, dtype: 'f32', data: this.gen(elements, sizeOf(shape), wildness) };
  }

  /** Plain numbers of at least 2⁻⁸. */
  positive(shape: readonly number[]): Host {
    return { shape, dtype: 'f32', data: this.gen(elements, sizeOf(shape), 'plain' as const).map((x) => Math.abs(x) + 2 ** -8) };
  }

  i32(shape: readonly number[], min: number, max: number): Host {
    return { shape, dtype: 'i32', data: this.gen(integers, sizeOf(shape), min, max) };
  }

  u32(shape: readonly number[], min: number, max: number): Host {
    return { shape, dtype: 'u32', data: this.gen(integers, sizeOf(shape), min, max) };
  }

  /** Whole numbers below `count`, each once, in any order. */
  permutation(count: number): number[] {
    const order = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }
}
