/** `coxswain play`: skills of a library one after the other, chosen by hand. */

import {
  fileAt,
  knowWorlds,
  loadBase,
  type Machine,
  type Phase,
  readCount,
  readOptions,
  resolvePhase,
  UsageError,
  WORLD_OPTION,
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

export const PLAY_ABOUT = 'Play skills of a library one after the other, chosen by hand.';

const HELP = `coxswain play — ${PLAY_ABOUT}

  --base FOLDER        run folder of the base model
  --controller FOLDER  run folder of the metacontroller
  --library FOLDER     run folder of \`coxswain skills\` on both
  --skills LIST        skills in the order to play them: numbers in the library or names, with commas between
  --seed N             seed of the worlds and of everything sampled (default 0)
  --episode N          which of the ${PLAYED_TOGETHER} worlds to show (default 0)
  --world FILE         where the file of the models' world is, if it moved
  --out PATH           also draw that episode, as an SVG; in a folder, as its episode.svg
  --set KEY=VALUE      change one setting, such as reinforce.horizon or reinforce.temperature; may be repeated
  -h, --help           Show this

Each skill's code is held until the learned switch opens, then comes the next. It shows one episode and the share of ${PLAYED_TOGETHER} worlds
in which the skills touched their colours in the order asked for.
`;

const text = { type: 'string' as const };
const SPECS = {
  base: text,
  controller: text,
  library: text,
  skills: text,
  seed: { ...text, default: '0' },
  episode: { ...text, default: '0' },
  out: text,
  ...WORLD_OPTION,
  set: { ...text, multiple: true },
  help: { type: 'boolean' as const, short: 'h' },
};

/** What it reads: a library is of one base and one controller, and `resolvePhase` refuses any other. */
const READS: Pick<Phase, 'inputs' | 'shortcuts' | 'needs'> = {
  needs: [CELLS],
  inputs: [
    ...skillsPhase.inputs,
    { name: 'library', phase: skillsPhase.name, about: 'run folder of a library of skills', gives: ['skills'], required: () => true },
  ],
  shortcuts: {},
};

/** Plays a chain of skills as the command line asks. */
export async function runPlay(args: readonly string[], { stdout, openDevice }: Machine): Promise<void> {
  const { values } = readOptions(args, SPECS, false);
  if (values.help) {
    stdout.write(HELP);
    return;
  }
  const [seed, shown] = [readCount('seed', values.seed as string), readCount('episode', values.episode as string)];
  if (shown >= PLAYED_TOGETHER)
    throw new UsageError('--episode', `\`${shown}\``, `a number from 0 to ${PLAYED_TOGETHER - 1}`, 'Choose others by another --seed.');
  await knowWorlds(values, READS.inputs);
  const { config, inputs } = resolvePhase(READS, values);
  const library = openSkills(values.library as string, config.metacontroller.code);
  if (typeof values.skills !== 'string')
    throw new UsageError('--skills', 'missing', `numbers from 0 to ${library.length - 1} with commas between`, 'For example --skills 0.');
  const chosen = chooseSkills(library, values.skills);
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
    if (typeof values.out === 'string')
      writeFile(fileAt(values.out, 'episode.svg'), standaloneEpisode(drawnEpisode(episode, chain, world)), stdout);
  } finally {
    device.close();
  }
}
