/** What a report shows, as plain JSON. */

/** One RL run: success (share of solved episodes, 0 to 1) against episodes seen so far. */
export type LearningRun = {
  /** What its method is called, with what the method’s runs differ in: runs of one label are drawn together. */
  readonly label: string;
  readonly task: string;
  readonly baseSeed: number;
  /** `null` for methods without a controller. */
  readonly controllerSeed: number | null;
  readonly rlSeed: number;
  readonly learningRate: number;
  /** Episodes of the whole run: its schedules are stretched over them. */
  readonly planned: number;
  readonly command: string;
  readonly points: readonly { readonly episodes: number; readonly success: number }[];
};

export type Curve = {
  readonly label: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** Ground drawn around the curve: quartiles. */
  readonly band?: readonly { readonly x: number; readonly low: number; readonly high: number }[];
};

/** Curves of a training phase, one a seed, with horizontal lines to compare with (a Bayes floor). */
export type TrainingChart = {
  readonly title: string;
  readonly about: string;
  readonly xLabel: string;
  readonly curves: readonly Curve[];
  readonly references: readonly { readonly label: string; readonly y: number }[];
  /** A logarithmic axis across; linear by default. */
  readonly log?: boolean;
};

/** Something drawn, with words below it. */
export type Picture = { readonly svg: string; readonly caption: string };

/** Pictures of a system's runs, under a title of their own. */
export type PictureSection = {
  readonly title: string;
  /** How to read them. */
  readonly about: string;
  readonly pictures: readonly Picture[];
};

/** One episode on its grid. Cells are counted row by row from the upper left. */
export type DrawnEpisode = {
  readonly title: string;
  readonly size: number;
  /** For each cell 0 (empty), 1 + colour, or 1 + number of colours (wall). */
  readonly layout: readonly number[];
  readonly colours: number;
  /** Cell of the agent before the first step and after each. */
  readonly path: readonly number[];
  readonly task: readonly number[];
  /** Steps at which a new code was chosen; empty when there are no codes. */
  readonly switches: readonly number[];
  readonly success: boolean;
};

/** An episode as its world drew it. */
export type PicturedEpisode = { readonly title: string; readonly svg: string; readonly success: boolean };

export type ShownEpisode = DrawnEpisode | PicturedEpisode;

export type ReportTable = {
  readonly title: string;
  readonly about: string;
  readonly columns: readonly { readonly label: string; readonly numeric: boolean }[];
  readonly rows: readonly (readonly (string | number | null)[])[];
};

/** What an analysis leaves: numbers as tables and curves, beside what the paper reports. */
export type Findings = {
  /** As on the command line: `probes`. */
  readonly name: string;
  readonly title: string;
  /** What was done, and how to read it. */
  readonly about: string;
  /** What arXiv 2512.20605 reports of it, on which scale. */
  readonly paper: string;
  readonly charts: readonly TrainingChart[];
  readonly tables: readonly ReportTable[];
};

export type ReportData = {
  readonly title: string;
  /** One or two sentences under the title. */
  readonly lead: string;
  /** Adapter, preset, … */
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly learning: readonly LearningRun[];
  /** Points that each point of a learning curve is the mean of (itself and those before it). */
  readonly smoothing: number;
  readonly training: readonly TrainingChart[];
  readonly pictures: readonly PictureSection[];
  readonly episodes: readonly ShownEpisode[];
  readonly findings: readonly Findings[];
  readonly tables: readonly ReportTable[];
};
