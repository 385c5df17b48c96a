/** What a report shows, as plain JSON. */

/** One RL run: success (share of solved episodes, 0 to 1) against episodes seen so far. */
export type LearningRun = {
  /** The run, as `StoredRun` names it. */
  readonly run: string;
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
  /** The run that it is of, where it is of one. */
  readonly run?: string;
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
export type Picture = {
  readonly svg: string;
  /** What it is, and whether that went well: in front of the caption. */
  readonly outcome?: { readonly title: string; readonly good: boolean };
  readonly caption: string;
  /** The run that it is of, where it is of one. */
  readonly run?: string;
  /** What is said of each step where it is played, the start first. */
  readonly steps?: readonly string[];
};

/** Pictures of a system's runs, under a title of their own. */
export type PictureSection = {
  readonly title: string;
  /** How to read them. */
  readonly about: string;
  readonly pictures: readonly Picture[];
  /** Whether they are small, and stand in columns. */
  readonly small?: boolean;
  /**
   * Whether they can be played: their parts say from which step on they are there, as `data-step`, and where they are
   * at each, as `data-moves` (`movesOf` of the worlds).
   */
  readonly played?: boolean;
};

export type ReportTable = {
  readonly title: string;
  readonly about: string;
  readonly columns: readonly { readonly label: string; readonly numeric: boolean }[];
  readonly rows: readonly (readonly (string | number | null)[])[];
  /** Of each row the runs that it is of; analyses, which are no run's alone, have none. */
  readonly runs?: readonly (readonly string[])[];
};

/** A number of the front, as a table has it. */
export type Tile = {
  readonly value: string;
  /** What it is of. */
  readonly told: string;
  /** The label of learning curves that it belongs to, if there are some. */
  readonly label: string;
  readonly runs: readonly string[];
};

/** A run as the list of runs has it. */
export type ListedRun = {
  readonly name: string;
  readonly phase: string;
  readonly world: string;
  readonly seed: number;
  /** The models that it starts from: `base 1, controller 2`. */
  readonly from: string;
  /** ISO 8601 of its first process. */
  readonly started?: string;
  /** That its processes worked, up to the last checkpoint. */
  readonly seconds?: number;
  readonly adapters: readonly string[];
};

/** A setting in which runs of one phase differ. */
export type Difference = {
  readonly phase: string;
  readonly setting: string;
  readonly values: readonly { readonly value: string; readonly runs: readonly string[] }[];
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
  /** What happened, a sentence each. */
  readonly story: readonly string[];
  readonly tiles: readonly Tile[];
  /** World, adapter, preset, … */
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  readonly learning: readonly LearningRun[];
  /** Points that each point of a learning curve is the mean of (itself and those before it). */
  readonly smoothing: number;
  readonly training: readonly TrainingChart[];
  readonly pictures: readonly PictureSection[];
  readonly findings: readonly Findings[];
  readonly tables: readonly ReportTable[];
  readonly runs: readonly ListedRun[];
  readonly differences: readonly Difference[];
};
