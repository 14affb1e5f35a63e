import { actionOf, CURE, TROUBLE } from '../scene.ts';
import { DEVELOPER, ON_CALL, onDemo, SECOND } from '../story.ts';

const WITHIN_SECONDS = 15;
/** A sweep ends what nobody agreed to. */
const EXPIRES_MS_MAX = (WITHIN_SECONDS + 45) * 1000;

export const approve = onDemo(
  'a second person has to agree; the one who asked may not, and a wish expires',
  async (scene) => {
    await scene.starts(ON_CALL, await scene.card(TROUBLE, CURE));
    const waiting = await scene.card(/Waits for a second person/, 'approve');
    await scene.press(ON_CALL, waiting, 'approve');
    await scene.told(ON_CALL, /You asked for it yourself/);
    await scene.press(DEVELOPER, waiting, 'approve');
    await scene.told(DEVELOPER, /You are not on the list/);
    const still = await scene.card(/Waits for a second person/, 'approve');
    scene.holds('the card still waits', actionOf(still, CURE) === null, still.text);
    await scene.ran(0);

    const again = await scene.card(TROUBLE, CURE, EXPIRES_MS_MAX);
    await scene.threadSays(/Nobody agreed .* nothing ran/);
    await scene.ran(0);

    await scene.starts(ON_CALL, again);
    const asked = await scene.card(/Waits for a second person/, 'approve');
    await scene.press(SECOND, asked, 'approve');
    await scene.card(/agreed to by <@U0SECOND>/);
    await scene.recovers(1);
    await scene.remembers(
      'opened',
      'awaiting by U0ONCALL',
      'refused samePerson by U0ONCALL',
      'refused notAllowed by U0DEVELOPER',
      'withdrawn',
      'awaiting by U0ONCALL',
      'started by U0ONCALL',
      'outcome',
    );
  },
  (config) => {
    const approval = { withinSeconds: WITHIN_SECONDS, approvers: 1 };
    const before = config.runbooks[CURE];
    return before === undefined ? config : { ...config, runbooks: { [CURE]: { ...before, approval } } };
  },
);
