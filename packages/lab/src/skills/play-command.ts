/** `coxswain play`: skills of a library one after the other, chosen by hand. */

import { Command } from '@commander-js/extra-typings';
import { dawnOption } from '../command/dawn-option.js';
import { collect, count, resolvePhase } from '../command/options.js';
import type { Machine } from '../command/phase-command.js';
import { notes, type OptionsOf } from '../command/program.js';
import { knowWorlds, worldOption } from '../command/world-option.js';
import { writeFile } from '../command/write-file.js';
import { UsageError } from '../errors.js';
import type { Phase } from '../phase.js';
import { loadBase } from '../phases/base.js';
import { loadController } from '../phases/controller.js';
import { PLAYED_TOGETHER } from '../phases/play.js';
import { skillsPhase } from '../phases/skills.js';
import { fileAt } from '../run/storage.js';
import { gridOf } from '../worlds.js';
import { playChain } from './chain.js';
import { chooseSkills, openSkills } from './open.js';
import { drawnEpisode, GRID_LEGEND, tellEpisode, tellOrder } from './tell.js';

const NOTES = `Each skill's code is held until the learned switch opens, then comes the next. It shows one episode and the share of
${PLAYED_TOGETHER} worlds in which the skills touched their colours in the order asked for.`;

const declare = () =>
  new Command('play')
    .description('Play skills of a library one after the other, chosen by hand.')
    .option('--base <FOLDER>', 'run folder of the base model')
    .option('--controller <FOLDER>', 'run folder of the metacontroller')
    .option('--library <FOLDER>', 'run folder of `coxswain skills` on both')
    .option('--skills <LIST>', 'skills in the order to play them: numbers in the library or names, with commas between')
    .option('--seed <N>', 'seed of the worlds and of everything sampled', count('seed'), 0)
    .option('--episode <N>', `which of the ${PLAYED_TOGETHER} worlds to show`, count('episode'), 0)
    .addOption(worldOption('where the file of the models’ world is, if it moved'))
    .option('--out <PATH>', 'also draw that episode, as an SVG; in a folder, as its episode.svg')
    .option('--set <KEY=VALUE>', 'change one setting, such as reinforce.horizon or reinforce.temperature; may be repeated', collect())
    .addOption(dawnOption())
    .addHelpText('after', notes(NOTES));

type Asked = OptionsOf<typeof declare>;

export const playCommand = (machine: Machine) => declare().action((options) => play(options, machine));

/** What it reads: a library is of one base and one controller, and `resolvePhase` refuses any other. */
const READS: Pick<Phase, 'inputs' | 'shortcuts' | 'needs'> = {
  needs: ['cells'],
  inputs: [
    ...skillsPhase.inputs,
    { name: 'library', phase: skillsPhase.name, about: 'run folder of a library of skills', gives: ['skills'], required: () => true },
  ],
  shortcuts: {},
};

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
    const { standaloneEpisode } = await import('../report/standalone.js');
    writeFile(fileAt(asked.out, 'episode.svg'), standaloneEpisode(drawnEpisode(episode, chain, world)), stdout);
  } finally {
    device.close();
  }
}
