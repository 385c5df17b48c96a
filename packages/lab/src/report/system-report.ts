/** What a system, phases that belong together, tells of its runs in a report. */
import type { StoredRun } from '../run/scan.js';
import type { LearningRun, PictureSection, ReportData, ReportTable, Tile, TrainingChart } from './data.js';

export interface SystemReport {
  /** A sentence or two under the title. */
  readonly lead?: string;
  /** How much there is of it, in the line under the title. */
  facts(runs: readonly StoredRun[]): ReportData['facts'];
  /** What happened, a plain sentence each: where runs differ, run by run. */
  story?(runs: readonly StoredRun[]): readonly string[];
  /** The numbers of the front, as its tables have them. */
  tiles?(runs: readonly StoredRun[]): readonly Tile[];
  /** What a reader of its medians has to know, a sentence each. */
  warnings(runs: readonly StoredRun[]): readonly string[];
  learning?(runs: readonly StoredRun[]): readonly LearningRun[];
  /** Sections of pictures, between learning and training. */
  pictures?(runs: readonly StoredRun[]): readonly PictureSection[];
  charts(runs: readonly StoredRun[]): readonly TrainingChart[];
  tables(runs: readonly StoredRun[]): readonly ReportTable[];
}
