import type { Plugin } from 'esbuild';

export const stubBoltReceivers: Plugin;
