/** Runs before every test file: the same properties are tried with the same values in every run, so that none is red by chance. */

import { configureGlobal } from 'fast-check';

configureGlobal({ seed: 20_260_112 });
