#!/usr/bin/env node
/** The `runbell` command, in a clone and from an installed package. */
import { start } from './start.mjs';

await start('runbell');
