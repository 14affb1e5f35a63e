const CLIENT = `
exports.WebClient = class {};
exports.WebAPIPlatformError = exports.WebAPIRateLimitedError = exports.WebAPIHTTPError = class {};
exports.addAppMetadata = () => {};
`;

/**
 * Leaves out what Bolt imports and no Lambda uses. Two of its receivers bring Express, Socket Mode and OAuth with
 * them: nine tenths of Bolt's size and most of its start time. Its `App` makes a Web API client for every request,
 * which nobody calls here: a third of what is left. Whoever imports that client itself still gets it.
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

    const clientless = 'stubbed-bolt-client';
    build.onResolve({ filter: /^@slack\/web-api$/ }, ({ path, importer }) =>
      /[/\\]@slack[/\\]bolt[/\\]/.test(importer) ? { path, namespace: clientless } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: clientless }, () => ({ contents: CLIENT, loader: 'js' }));
  },
};
