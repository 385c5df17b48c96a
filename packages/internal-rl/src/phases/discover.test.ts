import '../testing/house.js';
import { type Config, completed, differences, identify, pick, preset, settle } from '@coxswain/lab';
import { expect, it } from 'vitest';
import { discoverPhase } from './discover.js';
import { reinforcePhase } from './reinforce.js';

const base = { preset: 'grid-mini', config: pick(preset('grid-mini'), ['world', 'model', 'pretrain']) };

function firstOf(view: Config['discover']['view'], method: Config['discover']['method'] = 'metacontroller') {
  const config = preset('grid-mini');
  config.metacontroller.rank = 5;
  return { preset: 'grid-mini', config: { ...pick(config, ['metacontroller']), discover: { ...config.discover, view, method } } };
}

it('view switches asks for a first controller, and takes over its sizes', () => {
  expect(() => settle(discoverPhase, { view: 'switches' }, { base })).toThrow(/--first: missing/);
  for (const view of ['jumps', 'random', 'touches', 'switches', 'event-free'] as const)
    expect(settle(discoverPhase, { view: 'switches' }, { base, first: firstOf(view) }).config.metacontroller.rank).toBe(5);
  const set = ['metacontroller.rank=6'];
  expect(() => settle(discoverPhase, { view: 'switches', set }, { base, first: firstOf('jumps') })).toThrow(/metacontroller\.rank/);
});

it.each([
  ['no view looks at it', 'jumps', firstOf('jumps'), /View jumps looks at no other controller/],
  ['it was shown whole episodes', 'switches', firstOf('same'), /trained with view same/],
  ['its switch is always open', 'switches', firstOf('touches', 'no-abstraction'), /of method no-abstraction/],
])('a first controller is refused where %s', (_, view, first, message) => {
  expect(() => settle(discoverPhase, { view }, { base, first })).toThrow(message);
});

it('a run from before there were stages is the same run, with the values of its preset', () => {
  const config = pick(preset('grid-mini'), discoverPhase.sections);
  const of = (own: typeof config) => identify({ phase: 'discover', preset: 'grid-mini', seed: 1, config: own, inputs: {} });
  const { stages, ...sections } = config;
  const { injectionEpisodes, injectionTemperature, symmetry, momentLayer, momentRule, momentShare, momentResponsibility, ...discover } =
    sections.discover as Config['discover'];
  const earlier = of({ ...sections, discover: discover as Config['discover'] });
  expect(earlier.hash).not.toBe(of(config).hash);
  expect(differences(earlier, of(config))).toEqual([]);
  expect(completed(earlier, ['stages']).config.stages).toEqual(stages);
  const other = of({ ...config, stages: { ...(stages as Config['stages']), steps: 7 } });
  expect(differences(earlier, other)).toEqual(['stages.steps is 1000 there, 7 here']);
});

it('who steers by a controller of stages takes over their settings, and those of the preset where it has none', () => {
  const { metacontroller, discover, stages } = preset('grid-mini');
  const long = { ...discover, view: 'event-free' as const, warmup: 1500 };
  const given = (own: object) => ({ preset: 'grid-mini', config: { metacontroller, discover: long, ...own } });
  const settled = settle(reinforcePhase, {}, { base, controller: given({ stages: { ...stages, steps: 2000 } }) });
  expect(settled.config.stages.steps).toBe(2000);
  expect(settle(reinforcePhase, {}, { base, controller: firstOf('touches') }).config.stages).toEqual(stages);
});
