/** Whether the settings of a configuration fit their ranges and each other. */
import { SettingError } from '../errors.js';
import { allSettings, type Config, type PartialConfig, SECTIONS } from './sections.js';
import type { Setting } from './setting.js';

function check(holds: boolean, key: string, value: unknown, expected: string, remedy: string): void {
  if (!holds) throw new SettingError(key, String(value), expected, remedy);
}

function checkTask(key: string, text: string, colours: number): void {
  for (const digit of text) {
    check(
      Number(digit) < colours,
      key,
      `\`${text}\``,
      `colours from 0 to ${colours - 1}`,
      `Use fewer colours in the task or raise world.colours (${colours}).`,
    );
  }
  for (let i = 1; i < text.length; i++) {
    // A colour is visited when it is entered from another cell: going from a colour to itself is not a transition.
    check(text[i] !== text[i - 1], key, `\`${text}\``, 'no colour twice in a row', 'Put another colour between the two.');
  }
}

function checkWorld(world: Config['world']): void {
  const cells = world.size ** 2;
  const objects = world.colours + world.walls + 1;
  check(
    objects <= cells,
    'world.size',
    world.size,
    `at least ${objects} cells for ${world.colours} colours, ${world.walls} walls and the agent (${world.size}² = ${cells})`,
    'Raise world.size, or lower world.colours or world.walls.',
  );
  for (const text of world.tasks) checkTask('world.tasks', text, world.colours);
  const longest = Math.max(...world.tasks.map((text) => text.length));
  check(
    world.horizon >= longest,
    'world.horizon',
    world.horizon,
    `at least ${longest} steps, one for each colour of the longest task`,
    'Raise world.horizon or shorten world.tasks.',
  );
}

function checkModel(model: Config['model']): void {
  check(
    model.width % model.heads === 0,
    'model.heads',
    model.heads,
    `a divisor of model.width (${model.width})`,
    'Choose a width that is a multiple of the heads.',
  );
  check(
    model.buckets % 2 === 0,
    'model.buckets',
    model.buckets,
    'an even number',
    'Half the buckets are exact distances, half are logarithmic.',
  );
  check(
    model.maxDistance > model.buckets / 2,
    'model.maxDistance',
    model.maxDistance,
    `more than half of model.buckets (${model.buckets / 2})`,
    'Raise model.maxDistance or lower model.buckets.',
  );
}

function checkMetacontroller(metacontroller: Config['metacontroller'], model: Config['model']): void {
  check(
    metacontroller.layer <= model.depth,
    'metacontroller.layer',
    metacontroller.layer,
    `at most model.depth (${model.depth})`,
    'Choose a layer of the model; the middle works best.',
  );
  check(
    metacontroller.embedderLayer <= model.depth,
    'metacontroller.embedderLayer',
    metacontroller.embedderLayer,
    `at most model.depth (${model.depth})`,
    'Choose a layer of the model; the steered one, or one above it.',
  );
  check(
    metacontroller.rank <= model.width,
    'metacontroller.rank',
    metacontroller.rank,
    `at most model.width (${model.width})`,
    'A steering matrix cannot have a rank above its width: lower metacontroller.rank.',
  );
}

function checkReinforce(config: PartialConfig): void {
  const { reinforce, world, evaluate } = config;
  if (reinforce && world) {
    checkTask('reinforce.task', reinforce.task, world.colours);
    check(
      reinforce.horizon >= reinforce.task.length,
      'reinforce.horizon',
      reinforce.horizon,
      `at least ${reinforce.task.length} steps, one for each colour of the task`,
      'Raise reinforce.horizon.',
    );
  }
  if (evaluate && world) {
    checkTask('evaluate.longTask', evaluate.longTask, world.colours);
    check(
      evaluate.longHorizon >= evaluate.longTask.length,
      'evaluate.longHorizon',
      evaluate.longHorizon,
      `at least ${evaluate.longTask.length} steps`,
      'Raise evaluate.longHorizon.',
    );
  }
}

/** Views that ask the frozen base, or a switch that learned to open, for moments. */
const OWN_MOMENTS: readonly string[] = ['jumps', 'random', 'switches', 'event-free'];

function checkViews({ discover, stages, metacontroller, model }: PartialConfig): void {
  if (discover === undefined || !OWN_MOMENTS.includes(discover.view)) return;
  const { view, method, momentLayer } = discover;
  const other = 'Choose another view (--view touches), or discover.method=metacontroller.';
  check(method !== 'co-trained', 'discover.view', view, 'one that does not look at the base, which learns along (co-trained)', other);
  const staged = view === 'event-free';
  check(!staged || method !== 'no-abstraction', 'discover.view', view, 'one of a single stage: this method’s switch is always open', other);
  if (model) {
    const expected = `at most model.depth (${model.depth}), or -1 for metacontroller.embedderLayer (${metacontroller?.embedderLayer})`;
    check(momentLayer <= model.depth, 'discover.momentLayer', momentLayer, expected, 'Choose a layer of the model.');
  }
  if (!staged || !stages) return;
  const first = { ...stages, warmup: discover.warmup, startSteps: discover.starts === 1 ? 0 : discover.startSteps };
  checkWithin('stages', first, ['alphaWarmup', 'laterGateFrom']);
  for (const name of ['warmup', 'startSteps'] as const)
    check(first[name] <= stages.steps, `discover.${name}`, first[name], `at most stages.steps (${stages.steps})`, 'Raise stages.steps.');
}

function checkMethod({ discover, metacontroller }: PartialConfig): void {
  if (discover?.method === 'compile' && metacontroller)
    check(
      metacontroller.layer >= 1,
      'metacontroller.layer',
      metacontroller.layer,
      'at least 1 for discover.method=compile, which reads through a copy of the blocks below',
      'Raise metacontroller.layer.',
    );
}

/** Steps of a schedule that have to lie within the run. */
function checkWithin<Name extends string>(section: string, values: Record<Name | 'steps', number>, names: readonly Name[]): void {
  const expected = `at most ${section}.steps (${values.steps})`;
  for (const name of names) check(values[name] <= values.steps, `${section}.${name}`, values[name], expected, 'Lower it with the steps.');
}

function checkSchedules({ pretrain, discover }: PartialConfig): void {
  if (pretrain) {
    check(
      pretrain.batch % pretrain.parts === 0,
      'pretrain.parts',
      pretrain.parts,
      `a divisor of pretrain.batch (${pretrain.batch})`,
      'Parts have the same size.',
    );
    checkWithin('pretrain', pretrain, ['warmup']);
  }
  if (discover) {
    const starts = discover.starts === 1 ? [] : (['startSteps'] as const);
    const unmeasured = discover.starts > 1 && discover.startsBy === 'neighbours' && discover.injectionEpisodes === 0;
    const injecting = 'at least 1 where discover.startsBy=neighbours injects codes to choose a start';
    check(!unmeasured, 'discover.injectionEpisodes', 0, injecting, 'Inject some, or set discover.startsBy=loss.');
    checkWithin('discover', discover, [...starts, 'warmup', 'alphaWarmup', 'laterGateFrom']);
  }
}

/**
 * Checks every setting of the given sections by itself, then those that depend on each other.
 * @throws SettingError that names the setting, its value, what was expected and what to change.
 */
export function validate(config: PartialConfig): void {
  for (const { section, name, key, setting } of allSettings()) {
    const values = config[section] as Record<string, unknown> | undefined;
    if (!values) continue;
    const value = values[name];
    check(setting.accepts(value), key, String(value), setting.expected, setting.about);
  }
  for (const [section, values] of Object.entries(config)) {
    const known = (SECTIONS as Record<string, Record<string, Setting<unknown>> | undefined>)[section];
    for (const name of Object.keys(values)) {
      check(
        known !== undefined && Object.hasOwn(known, name),
        `${section}.${name}`,
        'set',
        'a setting that exists',
        'This version does not know it.',
      );
    }
  }
  if (config.world) checkWorld(config.world);
  if (config.model) checkModel(config.model);
  if (config.metacontroller && config.model) checkMetacontroller(config.metacontroller, config.model);
  checkReinforce(config);
  checkMethod(config);
  checkViews(config);
  checkSchedules(config);
}
