/**
 * A library of skills made from nothing but play: codes drawn at random, each held until the learned switch opens, and
 * grouped by what they do. Then three skills by hand, one after the other, in an order that no demonstration shows.
 *
 *     npm run example:skills
 */
import { fileURLToPath } from 'node:url';
import { gridworldPinpad } from '@coxswain/envs';
import {
  chooseSkills,
  findSkills,
  gridOf,
  type HeldCode,
  heldCodes,
  internalRl,
  loadController,
  type Player,
  playChain,
  type SkillLibrary,
  tellEpisode,
  tellOrder,
} from '@coxswain/internal-rl';
import { loadBase, openHouse, openModel } from '@coxswain/lab';
import { gridMini } from '@coxswain/models';
import type { Device } from '@coxswain/tensor';
import { requestDevice } from '@coxswain/tensor/node';
import { transformer } from '@coxswain/transformer';

/** Their folders, as the command left them. */
const MODELS = fileURLToPath(new URL('..', gridMini.base.url));

// What the stored models are of.
openHouse({ worlds: [gridworldPinpad], models: [transformer], systems: [internalRl] });

/** The shipped model, and what steers it. */
export function shipped(device: Device): Player {
  const base = loadBase(device, openModel(`${MODELS}base`, 'base', 'pretrain'));
  const trained = openModel(`${MODELS}controller`, 'controller', 'discover');
  return { config: trained.config, base, controller: loadController(device, trained, base) };
}

/** Plays without a task and with codes at random, and groups the codes. */
export async function makeLibrary(player: Player, batches: number): Promise<SkillLibrary> {
  const { skills: settings } = player.config;
  const held: HeldCode[] = [];
  for await (const codes of heldCodes(player, { seed: 1, worlds: settings.worlds, batches })) held.push(...codes);
  return findSkills(player.controller.model, held, { ...settings, colours: gridOf(player.config).colours });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const device = await requestDevice();
  const player = shipped(device);
  const { skills, held, clear } = await makeLibrary(player, player.config.skills.batches);
  console.log(`Of ${held} codes at random ${clear} are clear about what they do:`);
  console.table(skills.map(({ name, count, purity, steps }) => ({ skill: name, codes: count, purity: Number(purity.toFixed(2)), steps })));
  const chain = chooseSkills(skills, '2,0,1').map((skill) => ({ label: skill.name, skill }));
  const { episodes, shares } = await playChain(
    player,
    chain.map(({ skill }) => skill),
    { seed: 1, worlds: 512 },
  );
  console.log(`\n${tellEpisode(episodes[0], chain, gridOf(player.config))}\n\n${tellOrder(episodes[0], chain)}`);
  console.log(`Of ${episodes.length} worlds ${(100 * shares[2]).toFixed(1)} % had them touched in this order.`);
  device.close();
}
