/** Options that several commands take. */
import { Option } from '@commander-js/extra-typings';
import { collect } from '@coxswain/lab';
import { DEFAULT_PRESET, PRESET_NAMES } from '../lists.js';

export const presetOption = () => new Option('--preset <NAME>', PRESET_NAMES.join(' or ')).default(DEFAULT_PRESET);

export const worldOption = (about: string) => new Option('--world <NAME|FILE>', about);

export const setFirstOption = () => new Option('--set <KEY=VALUE>', 'Change one setting first; may be repeated').argParser(collect());
