/** Checks between sections, for the phases that read both. Sections that are not known yet are absent. */
import { type AskedWorld, type PartialConfig, requireThat, requireWithin } from '@coxswain/lab';

/** The metacontroller reads and steers layers that the model has. */
export function checkSteering({ metacontroller, model }: PartialConfig): void {
  if (!metacontroller || !model) return;
  const { layer, embedderLayer, rank, full } = metacontroller;
  const deepest = `at most model.depth (${model.depth})`;
  requireThat(layer <= model.depth, 'metacontroller.layer', layer, deepest, 'Choose a layer of the model; the middle works best.');
  const other = 'Choose a layer of the model; the steered one, or one above it.';
  requireThat(embedderLayer <= model.depth, 'metacontroller.embedderLayer', embedderLayer, deepest, other);
  const lower = 'A steering matrix cannot have a rank above its width: lower metacontroller.rank.';
  requireThat(full || rank <= model.width, 'metacontroller.rank', rank, `at most model.width (${model.width})`, lower);
}

/** Views that ask the frozen base, or a switch that learned to open, for moments. */
const OWN_MOMENTS: readonly string[] = ['jumps', 'random', 'switches', 'event-free'];

/** What a view of moments asks of the method, the model and the stages. */
export function checkViews({ discover, stages, metacontroller, model }: PartialConfig): void {
  if (discover === undefined || !OWN_MOMENTS.includes(discover.view)) return;
  const { view, method, momentLayer } = discover;
  const other = 'Choose another view (--view touches), or discover.method=metacontroller.';
  requireThat(method !== 'co-trained', 'discover.view', view, 'one that does not look at the base, which learns along (co-trained)', other);
  const staged = view === 'event-free';
  const single = 'one of a single stage: this method’s switch is always open';
  requireThat(!staged || method !== 'no-abstraction', 'discover.view', view, single, other);
  if (model) {
    const expected = `at most model.depth (${model.depth}), or -1 for metacontroller.embedderLayer (${metacontroller?.embedderLayer})`;
    requireThat(momentLayer <= model.depth, 'discover.momentLayer', momentLayer, expected, 'Choose a layer of the model.');
  }
  if (!staged || !stages) return;
  const first = { ...stages, warmup: discover.warmup, startSteps: discover.starts === 1 ? 0 : discover.startSteps };
  requireWithin('stages', first, ['alphaWarmup', 'laterGateFrom']);
  for (const name of ['warmup', 'startSteps'] as const)
    requireThat(
      first[name] <= stages.steps,
      `discover.${name}`,
      first[name],
      `at most stages.steps (${stages.steps})`,
      'Raise stages.steps.',
    );
}

/** CompILE reads through a copy of the blocks below the layer that is steered. */
export function checkMethod({ discover, metacontroller }: PartialConfig): void {
  if (discover?.method !== 'compile' || !metacontroller) return;
  const expected = 'at least 1 for discover.method=compile, which reads through a copy of the blocks below';
  requireThat(metacontroller.layer >= 1, 'metacontroller.layer', metacontroller.layer, expected, 'Raise metacontroller.layer.');
}

/** An episode of the rewarded task has a step for each of its events. */
export function checkReward({ reinforce }: PartialConfig, world: AskedWorld | undefined): void {
  if (!reinforce || !world) return;
  const { task, horizon } = reinforce;
  const events = world.events('reinforce.task', task);
  const expected = `at least ${events} steps, one for each ${world.event} of the task`;
  requireThat(horizon >= events, 'reinforce.horizon', horizon, expected, 'Raise reinforce.horizon.');
}

/** So has one of the longer task, where there is one. */
export function checkLongTask({ evaluate }: PartialConfig, world: AskedWorld | undefined): void {
  if (!evaluate || !world || evaluate.longTask === '') return;
  const { longTask, longHorizon } = evaluate;
  const events = world.events('evaluate.longTask', longTask);
  requireThat(longHorizon >= events, 'evaluate.longHorizon', longHorizon, `at least ${events} steps`, 'Raise evaluate.longHorizon.');
}
