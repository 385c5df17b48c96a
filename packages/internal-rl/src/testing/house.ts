/** What tests of this system are about: the grid, both models, the system itself, and something that makes models. */
import { gridworldPinpad } from '@coxswain/envs/device';
import { openHouse } from '@coxswain/lab';
import { hawk, transformer } from '@coxswain/transformer';
import { makerOfModels, NO_REPORT } from '../../../lab/src/testing/maker.js';
import { internalRl } from '../system.js';

const models = { name: 'models', sections: [], phases: [makerOfModels('pretrain')], report: NO_REPORT };

openHouse({ worlds: [gridworldPinpad], models: [transformer, hawk], systems: [models, internalRl] });
