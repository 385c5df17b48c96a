/** What `coxswain sweep` is and takes; what reads sweep files is loaded where there is one. */

import { Command } from '@commander-js/extra-typings';
import { collect, count, type Machine, type Phase } from '@coxswain/lab';
import { dawnOption } from './dawn-option.js';
import { notes, type OptionsOf } from './program.js';

const NOTES = `FILE is YAML:

  folder: runs/views
  world: ./my-world.ts   # or a name; the default world where it is left out
  axes:
    seed: [1, 2, 3]
    pair: [{ view: partner, alpha: 0.001 }, { view: same, alpha: 0.1 }]
  runs:
    base:
      command: pretrain
    controller-{view}-{seed}:
      command: discover
      over: [seed, pair]
      options: { seed: '{seed}', base: base, view: '{view}' }
      set: { discover.alpha: '{alpha}' }

Every combination of the axes after \`over\` is a run; a name in braces stands for its value. A model named after a run of the file waits
for that run. Finished runs are not done again; runs that were stopped go on. What the runs print is in FOLDER/logs, their results in
FOLDER/sweep.md. \`needs: [gpu, shader-f16, subgroups]\` keeps a run from adapters without these. How long it all takes is said where
\`coxswain cost --measure\` was run on this adapter.

Sharing runs across machines needs the optional packages bullmq and ioredis: npm install bullmq ioredis. Shared by machines, a run that is
too large for the adapter here is left to the others.`;

const declare = () =>
  new Command('sweep')
    .description('Do what is missing of many runs: seeds × settings from a file.')
    .argument('<FILE>', 'a file of YAML such as sweeps/grid-mini.yaml')
    .option('--workers <N>', 'Runs at a time', count('workers', 1), 1)
    .option('--redis <URL>', 'Share the runs with every machine that gives the same command: redis://HOST:6379. FOLDER must be shared too')
    .option('--redis-wait <N>', 'Give up where Redis has not answered within N seconds (0: never)', count('redis-wait'), 300)
    .option('--folder <FOLDER>', 'Put the runs there and not where FILE says')
    .option('--preset <NAME>', 'Start from this preset and not from FILE’s')
    .option('--world <NAME|FILE>', 'Play this world and not FILE’s')
    .option('--set <KEY=VALUE>', 'Change one setting of every run that reads it, whatever FILE says; may be repeated', collect())
    .option('--dry', 'Print the runs, what is missing and how long it takes, and do nothing')
    .addOption(dawnOption())
    .addHelpText('after', notes(NOTES));

export type SweepOptions = OptionsOf<typeof declare>;

export const sweepCommand = (phases: readonly Phase[], machine: Machine) =>
  declare().action(async (path, options) => (await import('./sweep-command.js')).runSweep(path, options, phases, machine));
