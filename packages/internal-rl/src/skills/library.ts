/** From codes held in unconditioned episodes to a library of skills. */
import type { Steering } from '@coxswain/metacontroller';
import { median } from 'd3-array';
import { agreements } from './agreement.js';
import { clusters } from './clusters.js';
import { steeringDirections } from './directions.js';
import type { HeldCode } from './held-codes.js';

/** Codes that do the same, with one that stands for them. */
export interface Skill {
  readonly name: string;
  /** The colour that its codes reach most often. */
  readonly reaches: number;
  /** A code that an episode held and that reached it: of those, the one most like the others. */
  readonly code: readonly number[];
  /** Share of its codes that reached it, each in the one episode that held it. */
  readonly purity: number;
  /** How many did. */
  readonly reached: number;
  /** Median steps that it took them. */
  readonly steps: number;
  /** Codes of the cluster. */
  readonly count: number;
}

export interface SkillLibrary {
  readonly skills: readonly Skill[];
  /** Codes that were held until the switch opened. */
  readonly held: number;
  /** Of those, how many touched a colour. */
  readonly reached: number;
  /** How many the others that steer alike agree on. */
  readonly clear: number;
  /** Mean silhouette of their clusters. */
  readonly silhouette: number;
}

export interface LibraryOptions {
  readonly colours: number;
  /** Settings of the section `skills`. */
  readonly neighbours: number;
  readonly agreement: number;
  readonly starts: number;
}

/** The skill of a cluster. @param members numbers of its codes. */
function skillOf(held: readonly HeldCode[], members: readonly number[], colours: number, alike: (a: number, b: number) => number): Skill {
  const reachedBy = Array.from({ length: colours }, (_, colour) => members.filter((i) => held[i].reaches === colour));
  const reaches = reachedBy.reduce((best, own, colour) => (own.length > reachedBy[best].length ? colour : best), 0);
  const own = reachedBy[reaches];
  const middle = own.map((i) => own.reduce((sum, j) => sum + alike(i, j), 0));
  return {
    name: `colour ${reaches}`,
    reaches,
    code: held[own[middle.indexOf(Math.max(...middle))]].code,
    purity: own.length / members.length,
    reached: own.length,
    steps: median(own, (i) => held[i].steps) ?? 0,
    count: members.length,
  };
}

/** In the order of what they reach, the largest first; the second of a colour says that it is. */
function named(skills: readonly Skill[]): Skill[] {
  const sorted = [...skills].sort((a, b) => a.reaches - b.reaches || b.count - a.count);
  return sorted.map((skill, i) => {
    const earlier = sorted.slice(0, i).filter(({ reaches }) => reaches === skill.reaches).length;
    return earlier === 0 ? skill : { ...skill, name: `${skill.name} (${earlier + 1})` };
  });
}

/**
 * Groups held codes into skills.
 *
 * Codes drawn at random lie in no groups. Measured with the shipped `grid-mini` controller, seed 0, 2 448 codes, of
 * which 99 % reached a colour: k-means with four clusters sorts the codes themselves by colour no better than 45 %, and
 * 73 % by the direction of what they add to the residual stream, for many steer between two colours and reach now one,
 * now the other. So the clear ones come first, 24 %: those whose neighbours in that direction agree. They do form
 * clusters, four by the silhouette (0.57; 0.19 between the codes themselves), one for each colour, and 92 % of their
 * codes had reached it. A code's own outcome has no say in whether it is clear or where it belongs, so that this share
 * is fair.
 */
export async function findSkills(
  steering: Steering,
  held: readonly HeldCode[],
  { colours, neighbours, agreement, starts }: LibraryOptions,
): Promise<SkillLibrary> {
  const reached = held.filter(({ reaches }) => reaches >= 0).length;
  if (held.length < 2) return { skills: [], held: held.length, reached, clear: 0, silhouette: 0 };
  const { features, similarity } = await steeringDirections(
    steering,
    held.map(({ code }) => code),
  );
  const judged = agreements(
    similarity,
    held.map(({ reaches }) => reaches),
    neighbours,
  );
  const clear = judged.flatMap(({ colour, share }, i) => (colour >= 0 && share >= agreement ? [i] : []));
  const alike = (a: number, b: number): number => similarity[a * held.length + b];
  const found = clusters(
    clear.map((i) => features[i]),
    { most: 2 * colours, starts, distance: (a, b) => Math.sqrt(Math.max(0, 2 - 2 * alike(clear[a], clear[b]))) },
  );
  const members = Array.from({ length: found.count }, (_, cluster) => clear.filter((_, i) => found.of[i] === cluster));
  const worked = members.filter((own) => own.some((i) => held[i].reaches >= 0));
  const skills = named(worked.map((own) => skillOf(held, own, colours, alike)));
  return { skills, held: held.length, reached, clear: clear.length, silhouette: found.silhouette };
}
