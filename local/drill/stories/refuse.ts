import { actionsOf, type Message } from '../channel.ts';
import { CURE, TROUBLE, threadOf } from '../scene.ts';
import { DEVELOPER, ON_CALL, onDemo, VISITOR } from '../story.ts';

export const refuse = onDemo('people without permission press and type; only they hear of it', async (scene) => {
  const card = await scene.card(TROUBLE, CURE);
  const before = faceOf(card);

  const form = await scene.asks(DEVELOPER, card, CURE);
  const said = form.blocks.map(({ text }) => text?.text ?? '').join('\n');
  const names = /You are not on the list.*Nothing was started.*Ask one of <@U0ONCALL>/s;
  scene.holds('the form says why not, and whom to ask', names.test(said), said);
  scene.holds('the form has nothing to send', form.submit === null, form.submit);
  await scene.channel.close(DEVELOPER, form);

  await scene.press(VISITOR, card, 'acknowledge');
  await scene.told(VISITOR, /Only members of the workspace/);
  await scene.channel.type(DEVELOPER, '/runbell silence shop-db 1h let me sleep');
  await scene.told(DEVELOPER, /You are not on the list/);

  const after = await scene.card(TROUBLE, CURE);
  scene.holds('the card is the same for everybody else', faceOf(after) === before, faceOf(after));
  scene.holds('its thread says nothing of it', !/refused|not on the list/.test(threadOf(after)), threadOf(after));
  const others = await scene.channel.notes(ON_CALL);
  scene.holds('nobody else is told', others.length === 0, others);
  await scene.ran(0);
  const refused = ['refused notAllowed by U0DEVELOPER', 'refused foreignWorkspace by U0VISITOR', 'refused notAllowed'];
  await scene.remembers('opened', ...refused);
});

/** What is wrong and what can be pressed; figures may change meanwhile. */
function faceOf(card: Message): string {
  return JSON.stringify([card.blocks[0]?.text?.text, actionsOf(card).map(({ actionId, value }) => [actionId, value])]);
}
