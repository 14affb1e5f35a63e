/**
 * What Lambda does: loads one handler and hands it events, here a first and a second one. Says at which instant the
 * first was acknowledged, counted as the parent counts, and how long the second took.
 */
const { readFileSync, writeSync } = require('node:fs');

const [, , handlerPath, eventsPath] = process.argv;

(async () => {
  const { handler } = require(handlerPath);
  const [first, second] = JSON.parse(readFileSync(eventsPath, 'utf8'));
  const cold = await handler(first, {});
  const ackAtMs = performance.timeOrigin + performance.now();
  const startedMs = performance.now();
  const warm = await handler(second, {});
  const warmMs = performance.now() - startedMs;
  writeSync(1, JSON.stringify({ ackAtMs, warmMs, statusCodes: [cold.statusCode, warm.statusCode] }));
  process.exit(0);
})();
