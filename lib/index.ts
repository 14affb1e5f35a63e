/**
 * `import { Runbell } from 'runbell'`: Runbell as a construct for other CDK apps.
 * A file that only needs `defineConfig` imports it from `runbell/config`, which loads no CDK.
 */
export type { Config, ConfigInput, TargetConfig } from '../functions/core/config/config.ts';
export { defineConfig } from '../functions/core/config/parse-config.ts';
export type { RunbellFunction } from './constructs/runbell-function.ts';
export { Runbell } from './runbell.ts';
export type { RunbellProps } from './runbell-props.ts';
export { RunbellStack, type RunbellStackProps } from './runbell-stack.ts';
