/**
 * One execution environment of Lambda: takes the event of an invocation as JSON, one after the other, and answers with
 * the status code.
 */
const { createServer } = require('node:http');
const { handler } = require(process.argv[2]);

let before = Promise.resolve();

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    before = before.then(async () => {
      const { statusCode } = await handler(JSON.parse(Buffer.concat(chunks).toString()), {});
      response.end(String(statusCode));
    });
  });
});
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('disconnect', () => process.exit(0));
