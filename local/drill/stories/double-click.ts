import { CURE, StoryOver, TROUBLE } from '../scene.ts';
import { ON_CALL, onDemo } from '../story.ts';

const PEOPLE = Array.from({ length: 9 }, (_, at) => ({ slackUserId: `U0PERSON${at}`, name: `Person ${at}` }));
const DELIVERIES = 100;

export const doubleClick = onDemo(
  'one form is delivered 100 times while nine more people send theirs: one run, and everybody hears whose',
  async (scene) => {
    const card = await scene.card(TROUBLE, CURE);
    const everybody = [ON_CALL, ...PEOPLE.map(({ slackUserId }) => slackUserId)];
    const forms = await Promise.all(everybody.map((user) => scene.asks(user, card, CURE)));
    const sent = await Promise.all(
      everybody.map((user, at) => {
        const form = forms[at];
        if (form === undefined) throw new StoryOver(`${user} has no form`);
        return scene.sends(user, form, {}, user === ON_CALL ? DELIVERIES : 1);
      }),
    );
    const statuses = sent.map(({ status }) => status);
    scene.holds(
      'everybody is acknowledged',
      statuses.every((one) => one === 200),
      statuses,
    );

    const running = await scene.card(/by <@(U0ONCALL|U0PERSON\d)>/, '');
    const starter = /by <@(U0ONCALL|U0PERSON\d)>/.exec(JSON.stringify(running.blocks))?.[1] ?? 'nobody';
    const already = new RegExp(`already started by <@${starter}> at|Another run .* started by <@${starter}>`);
    for (const user of everybody.filter((one) => one !== starter)) await scene.told(user, already);
    const notes = await scene.channel.notes(starter);
    scene.holds('who started it is not told that it was started', notes.length === 0, notes);
    await scene.recovers(1);
    await scene.remembers('opened', `started by ${starter}`, 'outcome');
  },
  (config) => ({ ...config, people: [...config.people, ...PEOPLE] }),
);
