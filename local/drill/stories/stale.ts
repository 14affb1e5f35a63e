import { CURE, TROUBLE } from '../scene.ts';
import { ON_CALL, onDemo } from '../story.ts';

export const stale = onDemo(
  'the world moves on while a form is open: refused, with a fresh card that works',
  async (scene, demo) => {
    const card = await scene.card(TROUBLE, CURE);
    const form = await scene.asks(ON_CALL, card, CURE);
    await demo.application.leak();
    const fresh = await scene.card(/Full/, CURE);

    await scene.sends(ON_CALL, form);
    await scene.told(ON_CALL, /The situation changed after this card was drawn.*Nothing was started.*The card shows/s);
    await scene.ran(0);

    await scene.starts(ON_CALL, fresh);
    await scene.recovers(1);
    await scene.remembers('opened', 'refused stale by U0ONCALL', 'started by U0ONCALL', 'outcome');
  },
);
