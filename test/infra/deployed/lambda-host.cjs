/**
 * One deployed function in a process of its own, as Lambda has it: its bundle, its settings, its environment, and
 * credentials by which the endpoint knows it. `{ forwardMs }` puts its clock forward, `{ id, event }` invokes it.
 */
const real = Date.now;
let forwardMs = 0;
Date.now = () => real() + forwardMs;

const { handler } = require(`${process.env.LAMBDA_TASK_ROOT}/index.cjs`);

process.on('message', async ({ id, event, forwardMs: by }) => {
  if (by !== undefined) {
    forwardMs += by;
    return;
  }
  try {
    process.send({ id, result: (await handler(event)) ?? null });
  } catch (error) {
    process.send({ id, problem: String(error?.stack ?? error) });
  }
});
process.on('disconnect', () => process.exit(0));
process.send({ id: 'ready' });
