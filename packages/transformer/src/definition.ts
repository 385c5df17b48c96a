/** A model by name: its settings, and what they make. */
import type { Space } from '@coxswain/base';
import type { ParameterStore } from '@coxswain/tensor';
import type { z } from 'zod';
import type { SequenceModel } from './sequence-model.js';

/** What a model reads and writes: those of a world, for instance. */
export interface ModelSpaces {
  readonly observation: Space;
  readonly action: Space;
  /** What it learns to say of the next observation; nothing when absent. */
  readonly predicted?: Space;
}

export interface ModelDefinition<S extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly settings: S;
  /** Settings by the name of a preset. */
  readonly presets?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** What settings by themselves cannot say. @throws CoxswainError. */
  check?(settings: z.output<S>): void;
  /**
   * Declares its parameters in `store` (call `store.finish` afterwards).
   * @throws CoxswainError `bad-space` for spaces it has no part for.
   */
  declare(store: ParameterStore, settings: z.output<S>, spaces: ModelSpaces): SequenceModel;
}

/** Infers a definition's types, then forgets them, so that models of any kind make a list. */
export const model = <const S extends z.ZodObject>(definition: ModelDefinition<S>): ModelDefinition =>
  definition as unknown as ModelDefinition;
