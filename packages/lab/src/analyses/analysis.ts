/** An analysis as a phase of the command: a run folder of its own, resumed where it stopped, never run twice. */

import type { Config } from '../config.js';
import type { Phase, PhaseContext } from '../phase.js';
import type { Findings } from '../report/data.js';
import { FIGURE_FILE, FINDINGS_FILE } from './findings.js';

export type AnalysisContext = PhaseContext & {
  /**
   * Does one part of the work, or gives what it gave before the run was stopped. Parts are called in the same order
   * every time; what they give is kept as JSON.
   */
  readonly part: <T>(work: () => Promise<T>) => Promise<T>;
};

export type Analysis = Pick<Phase, 'name' | 'about' | 'sections' | 'inputs' | 'needs'> & {
  /** Its top numbers, for who ran it: a line or a few. */
  readonly answer: (found: Findings) => readonly string[];
  /** How often `part` is called. */
  readonly parts: (config: Config) => number;
  readonly run: (context: AnalysisContext) => Promise<Omit<Findings, 'name'>>;
};

const PARTS = 'parts.json';

/** The phase `analyse-NAME` of an analysis. */
export function analysisPhase({ name, about, sections, inputs, needs = [], parts, answer, run }: Analysis): Phase {
  return {
    name: `analyse-${name}`,
    about,
    sections,
    inputs,
    needs,
    leaves: FINDINGS_FILE,
    answer: (left) => answer(left as Findings),
    shortcuts: {},
    length: (config) => ({ steps: parts(config), unit: 'parts', saveEvery: 1 }),
    run: async (context) => {
      const { session, folder, resumed } = context;
      const known = resumed ? (JSON.parse(new TextDecoder().decode(resumed.read(PARTS))) as unknown[]) : [];
      let next = 0;
      const part = async <T>(work: () => Promise<T>): Promise<T> => {
        const index = next++;
        if (index < known.length) return known[index] as T;
        const result = await work();
        known.push(result);
        await session.afterStep(known.length, async () => ({ files: { [PARTS]: new TextEncoder().encode(JSON.stringify(known)) } }));
        return result;
      };
      const findings: Findings = { name, ...(await run({ ...context, part })) };
      // What draws is loaded where there is something to draw: a command starts without it.
      const { standaloneSvg } = await import('../report/standalone.js');
      folder.writeText(FIGURE_FILE, standaloneSvg(findings.charts));
      folder.writeArtifact(FINDINGS_FILE, findings);
    },
  };
}
