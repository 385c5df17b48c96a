/**
 * Codes are skills: recorded in one layout, injected in another, at another time (§4, ant: 23 % → 36 %, unseen 10 % →
 * 24 %).
 */
import { HostRandom } from '@coxswain/base';
import { type Analysis, BASE_INPUT, chartOf, demonstrations, loadBase, rowsOf, shown, tableOf } from '@coxswain/lab';
import { loadController } from '../phases/controller.js';
import { demonstratedCodes } from '../phases/demonstrated-codes.js';
import { entropyOf, firstTouches, type Reached, reachedOf, unseenBy } from '../phases/first-touch.js';
import { RUN_STREAM } from '../phases/streams.js';
import { CONTROLLER } from './inputs.js';

/** Steps at which codes are injected. */
const TIMES = [0, 6, 12];
const EPISODES = 2048;
/** Different codes from the codes' own distribution, and worlds that each is tried in. */
const RANDOM_CODES = 32;
const CONDITIONS = ['without', 'random code', 'with its code'] as const;

export const injectionAnalysis: Analysis = {
  name: 'injection',
  about: 'Whether codes are skills: a code recorded while one colour was reached, injected in new layouts and at new times.',
  answer: (found) => {
    const rows = rowsOf(found);
    return [...new Set(rows.map((row) => row['Injected at step']))].map((at) => {
      const [without, random, code] = CONDITIONS.map((one) => rows.find((row) => row['Injected at step'] === at && row.Condition === one));
      const of = (label: string): string =>
        `${shown(code?.[label])} with its code, ${shown(without?.[label])} without, ${shown(random?.[label])} with a random one`;
      const unseen = typeof code?.['Reached, unseen'] === 'number' ? `; where no demonstration shows it, ${of('Reached, unseen')}` : '';
      return `At step ${at} the colour is reached next in ${of('Reached')}${unseen}.`;
    });
  },
  sections: ['world', 'model', 'metacontroller', 'discover', 'reinforce'],
  needs: ['demonstrations', 'events'],
  inputs: [BASE_INPUT, CONTROLLER],
  parts: () => TIMES.length * CONDITIONS.length,
  async run({ config, seed, device, inputs, part }) {
    const base = loadBase(device, inputs.base);
    const controller = loadController(device, inputs.controller, base);
    const random = new HostRandom(seed, RUN_STREAM.injectionAnalysis);
    const heldOut = demonstrations(config, 'heldOut', seed, config.discover.evaluationEpisodes, config.discover);
    const { codes, colours } = await demonstratedCodes(base, controller, config, seed, heldOut);
    const chosen = Array.from({ length: EPISODES }, () => Math.floor(random.uniform() * codes.length));
    const { mean, std } = controller.codes;
    const drawn = Array.from({ length: RANDOM_CODES }, () => [...mean].map((m, k) => m + std[k] * random.normal()));
    const target = chosen.map((i) => colours[i]);
    const given = {
      without: undefined,
      'random code': Array.from({ length: EPISODES }, (_, i) => drawn[i % RANDOM_CODES]),
      'with its code': chosen.map((i) => codes[i]),
    };
    const unseen = unseenBy(config);
    const rows: (Reached & { from: number; condition: string; entropy: number; given: number })[] = [];
    for (const from of TIMES)
      for (const condition of CONDITIONS)
        rows.push(
          await part(async () => {
            const own = given[condition];
            const touched = await firstTouches(base, controller, config, {
              seed,
              episodes: EPISODES,
              from,
              ...(own ? { codes: own } : {}),
            });
            // What is held: one of the random codes, or a code of one of the colours.
            const groups =
              condition === 'random code' ? chosen.map((_, i) => i % RANDOM_CODES) : condition === 'without' ? chosen.map(() => 0) : target;
            const kinds = [...new Set(groups)];
            const conditional = kinds.reduce((sum, kind) => {
              const own = touched.after.filter((_, i) => groups[i] === kind);
              return sum + (own.length / EPISODES) * entropyOf(own);
            }, 0);
            return { from, condition, ...reachedOf(touched, target, unseen), entropy: entropyOf(touched.after), given: conditional };
          }),
        );
    for (const one of [controller, base]) one.dispose();
    const curve = (condition: string, of: 'reached' | 'unseen') =>
      rows.flatMap((row) => {
        const share = row[of];
        return row.condition === condition && share !== null ? [[row.from, share] as const] : [];
      });
    return {
      title: 'Codes are skills',
      about: `A code that the encoder gave while one colour was reached is injected into episodes in other layouts at step 0, 6 and 12 and held until the switch opens; the base model acts alone before and after. Share of ${EPISODES} episodes that touch that colour next. Episodes whose last colour it was already do not count; “unseen” are those for which it is a transition that no demonstration shows.`,
      paper:
        'Injected at step 30 of another layout, a code raises the rate of reaching its colour from 23 % to 36 %, for an unseen transition from 10 % to 24 % (§4; the ant).',
      charts: [
        chartOf(
          'Reaching the code’s colour next',
          'Share of episodes.',
          'step of the injection',
          CONDITIONS.map((condition) => [condition, curve(condition, 'reached')]),
        ),
        chartOf(
          'The same for transitions never shown',
          'Share of episodes; at step 0 there is no transition yet.',
          'step of the injection',
          CONDITIONS.map((condition) => [condition, curve(condition, 'unseen')]),
        ),
      ],
      tables: [
        tableOf(
          'Codes across layouts and histories',
          'Entropy in nats of the colour touched next, over all episodes, and given what is held: one of 32 random codes, or a code of one of the colours (none touched counts as a colour).',
          ['Injected at step', 'Condition', 'Reached', 'Reached, unseen', 'Entropy', 'Entropy given what is held'],
          rows.map((row) => [String(row.from), row.condition, row.reached, row.unseen, row.entropy, row.given]),
          2,
        ),
      ],
    };
  },
};
