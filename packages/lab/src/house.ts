/** What the program is made of: worlds, models and systems, as the app lists them. The lab names none of them. */
import { CoxswainError } from '@coxswain/base';
import { LONGEST_HORIZON } from '@coxswain/envs';
import type { ModelDefinition } from '@coxswain/transformer';
import type { Phase } from './phase.js';
import { Catalogue } from './settings/catalogue.js';
import { integer, tasks } from './settings/setting.js';
import type { System } from './system.js';
import type { KnownWorld } from './worlds/known.js';

/** The lists of the app. Of worlds and of models the first is the default. */
export interface House {
  readonly worlds: readonly KnownWorld[];
  readonly models: readonly ModelDefinition[];
  /** In the order in which their phases are run. */
  readonly systems: readonly System[];
}

/** The same, put together. */
export interface OpenHouse extends House {
  /** A world that is read from a file joins them. */
  readonly worlds: KnownWorld[];
  readonly phases: readonly Phase[];
  readonly catalogue: Catalogue;
}

let open: OpenHouse | undefined;

/** Settings, worlds or models were asked for before anybody said which there are. */
export class NoHouseError extends CoxswainError {
  override name = 'NoHouseError';

  constructor() {
    const expected = 'openHouse({ worlds, models, systems }) before anything that reads settings';
    const remedy = 'Call openHouse once, at the start of the program; the package coxswain exports the lists of its command.';
    super(`No worlds, models and systems are registered, expected ${expected}. ${remedy}`, {
      code: 'not-open',
      value: 'nothing registered',
      expected,
      remedy,
    });
  }
}

/**
 * Says which worlds, models and systems there are, once at the start of a program; a later call takes the place of an
 * earlier one.
 */
export function openHouse({ worlds, models, systems }: House): OpenHouse {
  const known = [...worlds];
  const opened = {
    worlds: known,
    models,
    systems,
    phases: systems.flatMap(({ phases }) => phases),
    catalogue: catalogueOf({ worlds: known, models, systems }),
  };
  open = opened;
  return opened;
}

/** What was registered. @throws NoHouseError where nothing was. */
export function house(): OpenHouse {
  if (!open) throw new NoHouseError();
  return open;
}

const catalogueOf = ({ worlds, models, systems }: House): Catalogue =>
  new Catalogue(
    {
      name: 'world',
      kinds: worlds,
      about: 'The world that is played, by name.',
      rest: {
        tasks: tasks('Tasks that the experts do in pretraining and discovery.'),
        horizon: integer('Steps after which a demonstration is cut, T.', 100, { min: 1, max: LONGEST_HORIZON }),
      },
      fromWorld: ({ tasks, horizon }) => ({ tasks, horizon }),
      recorded: { file: false, sha256: true, demonstrations: false, demonstrationsSha256: true },
    },
    {
      name: 'model',
      kinds: models,
      about: 'What mixes the steps of a sequence: attention, or a convolution and a linear recurrence (arXiv 2402.19427).',
      rest: {},
      // Every stored config.json has the settings of all of them, and a model is changed by its name alone.
      together: true,
    },
    systems.flatMap(({ sections }) => sections),
  );
