/**
 * Sends one event again and again, so many a second, whether or not they are answered; with a rate of 0 one after the
 * other. Says at the end how many were answered, and with what.
 */
const { readFileSync } = require('node:fs');
const { Agent, request } = require('node:http');

const [, , url, eventPath, rate] = process.argv;
const event = readFileSync(eventPath);
const agent = new Agent({ keepAlive: true });
const startedMs = performance.now();
const statusCodes = {};
let sent = 0;
let answered = 0;

function send(then = () => {}) {
  sent += 1;
  const one = request(url, { method: 'POST', agent, headers: { 'content-length': event.length } }, (response) => {
    response.on('data', (code) => {
      statusCodes[code] = (statusCodes[code] ?? 0) + 1;
    });
    response.on('end', () => {
      answered += 1;
      then();
    });
  });
  one.on('error', () => {});
  one.end(event);
}

const again = () => send(again);
if (rate === '0') again();
else
  setInterval(() => {
    while (sent < ((performance.now() - startedMs) / 1000) * Number(rate)) send();
  }, 2);

process.on('message', () => {
  process.send({ answered, statusCodes, ms: performance.now() - startedMs }, () => process.exit(0));
});
process.on('disconnect', () => process.exit(0));
process.send('ready');
