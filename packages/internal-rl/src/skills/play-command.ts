/** `coxswain play`: skills of a library one after the other, chosen by hand. */

import {
  collect,
  count,
  fileAt,
  knowWorlds,
  loadBase,
  type Machine,
  type OptionValues,
  type Phase,
  resolvePhase,
  systemCommand,
  UsageError,
  writeFile,
} from '@coxswain/lab';
import { standaloneEpisode } from '../grid/draw.js';
import { CELLS, gridOf } from '../grid/needs.js';
import { loadController } from '../phases/controller.js';
import { PLAYED_TOGETHER } from '../phases/play.js';
import { skillsPhase } from '../phases/skills.js';
import { playChain } from './chain.js';
import { chooseSkills, openSkills } from './open.js';
import { drawnEpisode, GRID_LEGEND, tellEpisode, tellOrder } from './tell.js';

const NOTES = `Each skill's code is held until the learned switch opens, then comes the next. It shows one episode and the share of
${PLAYED_TOGETHER} worlds in which the skills touched their colours in the order asked for.`;

/** What it reads: a library is of one base and one controller, and `resolvePhase` refuses any other. */
const READS: Pick<Phase, 'inputs' | 'shortcuts' | 'needs'> = {
  needs: [CELLS],
  inputs: [
    ...skillsPhase.inputs,
    { name: 'library', phase: skillsPhase.name, about: 'run folder of a library of skills', gives: ['skills'], required: () => true },
  ],
  shortcuts: {},
};

/** What is to be played, and what is to become of it. */
interface Asked extends OptionValues {
  readonly library?: string | undefined;
  readonly skills?: string | undefined;
  readonly seed: number;
  readonly episode: number;
  readonly out?: string | undefined;
}

/** Plays a chain of skills as the command line asks. */
async function play(asked: Asked, { stdout, openDevice }: Machine): Promise<void> {
  const { seed, episode: shown, skills } = asked;
  if (shown >= PLAYED_TOGETHER)
    throw new UsageError('--episode', `\`${shown}\``, `a number from 0 to ${PLAYED_TOGETHER - 1}`, 'Choose others by another --seed.');
  await knowWorlds(asked, READS.inputs);
  const { config, inputs } = resolvePhase(READS, asked);
  const library = openSkills(asked.library as string, config.metacontroller.code);
  if (skills === undefined)
    throw new UsageError('--skills', 'missing', `numbers from 0 to ${library.length - 1} with commas between`, 'For example --skills 0.');
  const chosen = chooseSkills(library, skills);
  const chain = chosen.map((skill) => ({ label: `skill ${library.indexOf(skill)} (${skill.name})`, skill }));
  const device = await openDevice();
  try {
    const base = loadBase(device, inputs.base);
    const controller = loadController(device, inputs.controller, base);
    const { episodes, shares } = await playChain({ config, base, controller }, chosen, { seed, worlds: PLAYED_TOGETHER });
    for (const part of [controller, base]) part.dispose();
    const episode = episodes[shown];
    const world = gridOf(config);
    stdout.write(
      `Episode ${shown} of seed ${seed}\n\n${tellEpisode(episode, chain, world)}\n\n${tellOrder(episode, chain)}\n\n${GRID_LEGEND}\n`,
    );
    const inTurn = shares.map((share) => share.toFixed(3)).join(', ');
    stdout.write(
      `\nOver ${PLAYED_TOGETHER} worlds: ${shares[shares.length - 1].toFixed(3)} touched all colours in this order (skill by skill ${inTurn}).\n`,
    );
    if (asked.out === undefined) return;
    writeFile(fileAt(asked.out, 'episode.svg'), standaloneEpisode(drawnEpisode(episode, chain, world)), stdout);
  } finally {
    device.close();
  }
}

export const playCommand = systemCommand({
  name: 'play',
  about: 'Play skills of a library one after the other, chosen by hand.',
  options: {
    base: { value: 'FOLDER', about: 'run folder of the base model' },
    controller: { value: 'FOLDER', about: 'run folder of the metacontroller' },
    library: { value: 'FOLDER', about: 'run folder of `coxswain skills` on both' },
    skills: { value: 'LIST', about: 'skills in the order to play them: numbers in the library or names, with commas between' },
    seed: { value: 'N', about: 'seed of the worlds and of everything sampled', read: count('seed'), otherwise: 0 },
    episode: { value: 'N', about: `which of the ${PLAYED_TOGETHER} worlds to show`, read: count('episode'), otherwise: 0 },
    world: { value: 'NAME|FILE', about: 'where the file of the models’ world is, if it moved' },
    out: { value: 'PATH', about: 'also draw that episode, as an SVG; in a folder, as its episode.svg' },
    set: {
      value: 'KEY=VALUE',
      about: 'change one setting, such as reinforce.horizon or reinforce.temperature; may be repeated',
      read: collect(),
    },
  },
  notes: NOTES,
  run: play,
});
