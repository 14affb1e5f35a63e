/** Files of Bolt that register and serve what no click does, and its types, which hold next to no code. */
const UNUSED =
  /^\.\/(receivers\/(HTTPReceiver|SocketModeReceiver)|types|CustomFunction|conversation-store|create-(say-stream|set-status|function-complete|function-fail))$/;
const NOTHING = 'exports.default = class {};';
const CLIENT = `
exports.WebClient = class {};
exports.WebAPIPlatformError = exports.WebAPIRateLimitedError = exports.WebAPIHTTPError = class {};
exports.addAppMetadata = () => {};
`;
const NAMESPACE = 'stubbed-bolt';

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
    build.onResolve({ filter: /^(\.\/|@slack\/web-api$)/ }, ({ path, importer }) => {
      const isUnused = path === '@slack/web-api' || UNUSED.test(path);
      return isUnused && /[/\\]@slack[/\\]bolt[/\\]/.test(importer) ? { path, namespace: NAMESPACE } : undefined;
    });
    build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
      contents: path === '@slack/web-api' ? CLIENT : NOTHING,
    }));
  },
};
