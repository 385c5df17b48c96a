/** The lists of the command: worlds, models and systems, and what follows from them. */
import { pointPads } from '@coxswain/envs';
import { gridworldPinpad } from '@coxswain/envs/device';
import { antPinpad } from '@coxswain/envs-ant/node';
import { imitation } from '@coxswain/imitation';
import { internalRl } from '@coxswain/internal-rl';
import { defaultPreset, openHouse, presetNames, sectionNames } from '@coxswain/lab';
import { hawk, transformer } from '@coxswain/transformer';

export const worlds = [gridworldPinpad, pointPads, antPinpad];
export const models = [transformer, hawk];
export const systems = [imitation, internalRl];

const opened = openHouse({ worlds, models, systems });

export const PHASES = opened.phases;
export const ANALYSES = systems.flatMap(({ analyses = [] }) => analyses);
export const SUMMARIES = systems.flatMap(({ summaries = [] }) => summaries);
export const SYSTEM_COMMANDS = systems.flatMap(({ commands = [] }) => commands);
export const SYSTEM_REPORTS = systems.map(({ report }) => report);
/** Every world, with those that were read from files since. */
export const WORLDS = opened.worlds;
export const PRESET_NAMES = presetNames();
export const DEFAULT_PRESET = defaultPreset();
export const SECTION_NAMES = sectionNames();
