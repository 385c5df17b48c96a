/** A world by name from the rules of one episode. */
import type { Space } from '@coxswain/base';
import type { z } from 'zod';
import { type Task, type WorldDefinition, world } from './definition.js';
import { digitTask } from './digit-task.js';
import { EpisodePlayer } from './episode-player.js';
import type { EpisodeExpert, EpisodeRules } from './episode-rules.js';
import { recordEpisodes } from './record.js';
import { VectorisedWorld } from './vectorised.js';

/** As a `WorldDefinition`, with rules in place of `open` and an expert in place of `demonstrations`. */
export interface SingleDefinition<State, S extends z.ZodObject, O extends Space, A extends Space>
  extends Omit<WorldDefinition<S, O, A>, 'open' | 'demonstrations' | 'views' | 'task'> {
  /** Digits by default, one for each event. */
  task?(settings: z.output<S>, text: string): Task;
  rules(settings: z.output<S>): EpisodeRules<State, O, A>;
  expert?(settings: z.output<S>): EpisodeExpert<State, A>;
}

/** Makes a world of any number of episodes from the rules of one, and demonstrations where there is an expert. */
export function singleWorld<State, const S extends z.ZodObject, const O extends Space, const A extends Space>(
  definition: SingleDefinition<State, S, O, A>,
): WorldDefinition {
  const { rules, expert, ...rest } = definition;
  const player = (settings: z.output<S>) => new EpisodePlayer(definition.name, rules(settings), definition.spaces(settings));
  return world<S, O, A>({
    task: (settings, text) => digitTask(text, { count: definition.spaces(settings).events.length, noun: 'event' }),
    ...rest,
    views: rules,
    open: (settings, how) => new VectorisedWorld(player(settings), how),
    ...(expert && { demonstrations: (settings: z.output<S>, how) => recordEpisodes(player(settings), expert(settings), how) }),
  });
}
