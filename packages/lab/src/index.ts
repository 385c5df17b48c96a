export * from './analyses/analysis.js';
export { chartOf, column, FIGURE_FILE, FINDINGS_FILE, highest, rowsOf, shown, tableOf } from './analyses/findings.js';
export * from './analyses/summary.js';
export * from './answer.js';
export * from './command/options.js';
export {
  isWorldFile,
  knowWorlds,
  withWorld,
  worldAssignment,
} from './command/world-option.js';
export * from './command/write-file.js';
export * from './config.js';
export type { Loop, PhaseProbe, Variation } from './cost/phase-probe.js';
export { LENGTHS, measureCalls, probe, probeAlone, probeOf, stepsFor } from './cost/probe.js';
export { Stopwatch } from './cost/stopwatch.js';
export { addWork, KINDS, NO_WORK, operationsOf, type Work, type WorkKind, WorkMeter, workInKinds } from './cost/work.js';
export * from './cost/yardstick.js';
export * from './errors.js';
export * from './house.js';
export { listenForInterrupts } from './interrupt.js';
export * from './machine.js';
export { type Base, loadBase, makeBase, modelBytes, takeTensor } from './models/base.js';
export * from './models/base-nll.js';
export * from './models/inputs.js';
export * from './models/untrained.js';
export * from './names.js';
export * from './phase.js';
export * from './progress.js';
export { collectReport } from './report/collect.js';
export * from './report/data.js';
export * from './report/format.js';
export * from './report/markup.js';
export { curvesByMethod, FEWEST_FOR_MEDIAN, type MethodCurves, smooth, summarise, valueAt } from './report/method-curves.js';
export { type MetricChart, metricChart } from './report/metric-chart.js';
export { countModels, differingSettings, settingDifferences } from './report/runs.js';
export * from './report/spread.js';
export * from './report/system-report.js';
export * from './resolve.js';
export { findingsToMarkdown, line, tablesToMarkdown } from './results/markdown.js';
export * from './results/rows.js';
export { type Checkpoint, digest, lastProgress, progressDigest, readCheckpoint, recover, type Snapshot } from './run/checkpoint.js';
export { environmentOf } from './run/environment.js';
export { requireFiniteFile } from './run/finite.js';
export * from './run/fitted.js';
export * from './run/folder.js';
export * from './run/identity.js';
export { isLocked } from './run/lock.js';
export { type MetricLine, MetricsWriter, readLines, readMetrics } from './run/metrics.js';
export { inputIdentity, openModel, type TrainedModel } from './run/model.js';
export * from './run/scan.js';
export { hasLeft, readArtifact } from './run/seal.js';
export { fileAt, makeFolder, onDisk, readJson, readText, writeAtomic } from './run/storage.js';
export * from './run/watchdog.js';
export * from './settings/json.js';
export * from './settings/section.js';
export { choice, flag, integer, number, optionalTask, task } from './settings/setting.js';
export * from './settings/shared.js';
export * from './suggest.js';
export * from './system.js';
export { rateAt } from './training/learning-rate.js';
export * from './training/precision.js';
export { trainingProbe } from './training/probe.js';
export * from './training/spoilt.js';
export * from './training/training-state.js';
export { commitOf, programVersion, versionInWords } from './version.js';
export * from './worlds/held-out-batches.js';
export { type KnownWorld, knownWorlds } from './worlds/known.js';
export * from './worlds/offers.js';
export {
  demonstrations,
  demonstrationsOf,
  makeDemonstrations,
  WORLD_SEED,
  worldOf,
  worldsWith,
} from './worlds/world.js';
