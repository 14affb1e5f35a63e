/**
 * Leaves out the two Bolt receivers that no Lambda uses. They bring Express, Socket Mode and OAuth with them:
 * nine tenths of Bolt's size and most of its start time. Bolt's `App` imports both whatever receiver it is given.
 *
 * @type {import('esbuild').Plugin}
 */
export const stubBoltReceivers = {
  name: 'stub-bolt-receivers',
  setup(build) {
    const namespace = 'stubbed-bolt-receiver';
    build.onResolve({ filter: /[/\\]receivers[/\\](HTTPReceiver|SocketModeReceiver)(\.js)?$/ }, ({ path }) => ({
      path,
      namespace,
    }));
    build.onLoad({ filter: /.*/, namespace }, () => ({ contents: 'exports.default = class {};', loader: 'js' }));
  },
};
