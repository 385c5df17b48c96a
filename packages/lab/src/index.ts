export { main } from './command/main.js';
export type { Machine } from './command/phase-command.js';
export {
  allSettings,
  type Config,
  type Loaded,
  override,
  type PartialConfig,
  pick,
  preset,
  presetNames,
  type SectionName,
} from './config.js';
export * from './errors.js';
export { gridOf } from './grid/needs.js';
export * from './names.js';
export * from './phase.js';
export { type Base, loadBase } from './phases/base.js';
export { type Controller, loadController } from './phases/controller.js';
export * from './progress.js';
export { collectReport } from './report/collect.js';
export * from './report/data.js';
export { renderReport } from './report/page.js';
export { resolve, validate } from './resolve.js';
export { tablesToMarkdown } from './results/markdown.js';
export * from './results/rows.js';
export type { Checkpoint, Snapshot } from './run/checkpoint.js';
export { type RunConfig, RunFolder, readRunConfig } from './run/folder.js';
export { type InputIdentity, identify, type RunIdentity } from './run/identity.js';
export { type MetricLine, readMetrics } from './run/metrics.js';
export { openModel, type TrainedModel } from './run/model.js';
export { findRuns, type StoredRun } from './run/scan.js';
export type { Kind, WorldKind } from './settings/section.js';
export { type Chained, type ChainedEpisode, playChain } from './skills/chain.js';
export type { FreeEpisode, Hold, Player } from './skills/free-play.js';
export { type HeldCode, heldCodes } from './skills/held-codes.js';
export { findSkills, type LibraryOptions, type Skill, type SkillLibrary } from './skills/library.js';
export { chooseSkills, openSkills } from './skills/open.js';
export { type Link, tellEpisode, tellOrder } from './skills/tell.js';
export { knownWorlds } from './worlds.js';
