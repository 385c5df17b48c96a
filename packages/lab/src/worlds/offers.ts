/** What phases need of a world, and whether it offers that: known before anything is written. */
import { checkSpace } from '@coxswain/base';
import type { WorldDefinition } from '@coxswain/envs';
import { headOutputs } from '@coxswain/transformer';
import type { Config } from '../config.js';
import { NotOfferedError } from '../errors.js';
import type { Offer, WorldNeed } from '../phase.js';
import { readDemonstrations } from './stored-demonstrations.js';
import { worldOf, worldsWith } from './world.js';

const OFFERS: Readonly<Record<Extract<WorldNeed, string>, Offer>> = {
  demonstrations: {
    missing: 'demonstrations',
    offered: 'an expert, or a file of demonstrations (--demonstrations FILE)',
    by: ({ demonstrations }) => demonstrations !== undefined,
  },
  goals: {
    missing: 'goals of its demonstrations',
    offered: 'an expert who says what it goes for, or a file of demonstrations that does (array goal)',
    by: ({ demonstrations }) => demonstrations !== undefined,
  },
  events: { missing: 'events', offered: 'names of what can be reached', by: hasEvents },
};

const offerOf = (need: WorldNeed): Offer => (typeof need === 'string' ? OFFERS[need] : need);

/** With settings at their defaults, where it has any. */
function hasEvents({ settings, presets = {}, spaces }: WorldDefinition): boolean {
  const read = [{}, ...Object.values(presets)].map((given) => settings.safeParse(given)).find(({ success }) => success);
  return read?.success === true && spaces(read.data).events.length > 0;
}

/**
 * @throws NotOfferedError for the first thing that the world of a configuration, or its file of demonstrations, does
 * not offer.
 */
export function requireOffered(needs: readonly WorldNeed[], { world }: Pick<Config, 'world'>): void {
  const { definition, spaces } = worldOf({ world });
  const file = world.demonstrations;
  const offers = (need: WorldNeed): boolean => {
    if (need === 'events') return spaces.events.length > 0;
    if (file !== undefined && need === 'demonstrations') return true;
    if (file !== undefined && need === 'goals') return readDemonstrations(world, file).goal !== undefined;
    return offerOf(need).by(definition);
  };
  const need = needs.find((one) => !offers(one));
  if (need === undefined) return;
  const { missing, offered, by } = offerOf(need);
  throw new NotOfferedError(definition.name, missing, offered, worldsWith(by));
}

/** @throws CoxswainError `bad-space` for spaces that cannot be, or actions that no model has a head for. */
export function requireSpaces(config: Pick<Config, 'world'>): void {
  const { observation, action, predicted } = worldOf(config).spaces;
  checkSpace(observation, 'observation');
  checkSpace(action, 'action');
  headOutputs(action, 'action');
  if (!predicted) return;
  checkSpace(predicted, 'predicted');
  headOutputs(predicted, 'predicted');
}
