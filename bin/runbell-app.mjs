#!/usr/bin/env node
/** The CDK app of an installed package: `"app": "npx runbell-app"` in cdk.json makes the stack of `runbell.config.ts`. */
import { start } from './start.mjs';

await start('app');
