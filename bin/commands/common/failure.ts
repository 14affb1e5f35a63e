/** A command cannot go on. The message is for the person who typed it: what is wrong, and what to do. */
export class Failure extends Error {
  override readonly name = 'Failure';
}
