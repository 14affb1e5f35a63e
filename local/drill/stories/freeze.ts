import { FREEZES_ID } from '../../../functions/core/model/freeze.ts';
import { actionsOf } from '../channel.ts';
import { actionOf, CURE, TROUBLE } from '../scene.ts';
import { ON_CALL, onDemo, SECOND } from '../story.ts';

/** In force everywhere: every decision and every step reads it from the table. */
const IN_FORCE_MS_MAX = 5000;

export const freeze = onDemo(
  'frozen by slash command, in force within 5 s, a click is refused; unfrozen, it runs',
  async (scene) => {
    const card = await scene.card(TROUBLE, CURE);
    const open = await scene.asks(ON_CALL, card, CURE);

    const typedAtMs = Date.now();
    await scene.channel.type(SECOND, '/runbell freeze application shop 1h deploy under way');
    await scene.comes('it is in force', async () => {
      const freezes = (await scene.loop.stores.freezes.read(FREEZES_ID))?.value.freezes ?? [];
      return freezes.length === 0 ? null : true;
    });
    const inForceMs = Date.now() - typedAtMs;
    scene.holds('that took less than 5 s', inForceMs < IN_FORCE_MS_MAX, `${inForceMs} ms`);
    await scene.told(SECOND, /You froze the application shop/);
    await scene.card(/Frozen.*<@U0SECOND> froze .*the application shop.*deploy under way/s);
    const frozen = await scene.card(/(Warning|Critical).*froze the application shop/s);
    scene.holds('the card offers nothing of it', actionOf(frozen, CURE) === null, actionsOf(frozen));
    await scene.sends(ON_CALL, open);
    await scene.told(ON_CALL, /<@U0SECOND> froze .*deploy under way.*unfreeze lifts it/s);
    await scene.ran(0);
    await scene.channel.type(ON_CALL, '/runbell status');
    await scene.told(ON_CALL, /Frozen: .*deploy under way/);

    await scene.channel.type(SECOND, '/runbell unfreeze application shop');
    await scene.told(SECOND, /You lifted the freeze/);
    await scene.card(/No longer frozen.*<@U0SECOND> lifted it/s);
    await scene.starts(ON_CALL, await scene.card(TROUBLE, CURE));
    await scene.recovers(1);
    const steps = ['opened', 'frozen by U0SECOND', 'refused frozen by U0ONCALL', 'unfrozen by U0SECOND'];
    await scene.remembers(...steps, 'started by U0ONCALL', 'outcome');
  },
);
