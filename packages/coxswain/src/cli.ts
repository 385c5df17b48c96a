#!/usr/bin/env node
import { main } from './command/main.js';
import { PHASES } from './lists.js';
import { outliveReaders } from './readers.js';
import { endWithParent } from './sweep/child.js';
import { thisMachine } from './this-machine.js';

endWithParent();
outliveReaders([process.stdout, process.stderr]);
process.exitCode = await main(process.argv.slice(2), PHASES, thisMachine);
