import { afterEach, describe, expect, it } from 'vitest';
import { actions, button, modal, plain } from './support/blocks.ts';
import { postCard, press } from './support/press.ts';
import { closeStages, handClock, ON_CALL, type Payload, type SlackStage, slackStage } from './support/slack-stage.ts';

afterEach(closeStages);

describe('a modal', () => {
  /** Opens it as a handler would, and answers what views.open answered. */
  async function opened(stage: SlackStage, view: object = modal): Promise<Payload> {
    let answer: Payload;
    stage.handle(async ({ trigger_id }) => {
      answer = await stage.client.views.open({ trigger_id, view: view as never });
      return { statusCode: 200 };
    });
    await press(stage, await postCard(stage));
    stage.handle(async () => ({ statusCode: 200 }));
    return answer.view;
  }
  const submit = (
    stage: SlackStage,
    viewId: string,
    values: object = { why: 'too loud', long: '120', also: ['tell'] },
  ) => stage.post('/api/submit', { user: ON_CALL, viewId, values });
  const views = async ({ get }: SlackStage) => (await get('/api/views')).views;
  const respond = (stage: SlackStage, action: object) =>
    stage.handle(async () => ({ statusCode: 200, body: JSON.stringify(action) }));

  it('carries what was filled in, and closes when the answer is empty', async () => {
    const stage = await slackStage();
    const view = await opened(stage);
    expect(await submit(stage, view.id)).toMatchObject({ status: 200, body: { status: 200 } });
    expect(stage.delivered[1]?.payload).toMatchObject({
      type: 'view_submission',
      user: { id: ON_CALL },
      view: {
        id: view.id,
        hash: view.hash,
        callback_id: 'silence',
        private_metadata: 'inc-1',
        state: {
          values: {
            why: { text: { type: 'plain_text_input', value: 'too loud' } },
            long: { choice: { type: 'static_select', selected_option: { value: '120', text: { text: '2 hours' } } } },
            also: { boxes: { type: 'checkboxes', selected_options: [{ value: 'tell' }] } },
          },
        },
      },
    });
    expect(await views(stage)).toEqual([]);
  });

  it('is not sent while a required field is empty', async () => {
    const stage = await slackStage();
    const view = await opened(stage);
    const answer = await submit(stage, view.id, { why: '', long: '30' });
    expect(answer.body).toEqual({ errors: { why: expect.stringContaining('required') } });
    expect(stage.delivered).toHaveLength(1);
  });

  it('shows the errors of the answer', async () => {
    const stage = await slackStage();
    const view = await opened(stage);
    respond(stage, { response_action: 'errors', errors: { why: 'Say more.' } });
    await submit(stage, view.id);
    expect(await views(stage)).toMatchObject([{ user: ON_CALL, errors: { why: 'Say more.' } }]);
    const page = await (
      await fetch(`${stage.slack.url}/?user=${ON_CALL}`, { headers: stage.slack.pageHeaders })
    ).text();
    expect(page).toContain('Say more.');
  });

  it('is replaced, stacked or cleared as the answer says', async () => {
    const stage = await slackStage();
    const view = await opened(stage);
    respond(stage, { response_action: 'update', view: { ...modal, title: plain('Second') } });
    await submit(stage, view.id);
    respond(stage, { response_action: 'push', view: { ...modal, title: plain('Third') } });
    await submit(stage, view.id);
    const [below, top] = await views(stage);
    expect(below.view).toMatchObject({ id: view.id, title: { text: 'Second' } });
    expect(top.view).toMatchObject({ title: { text: 'Third' }, root_view_id: view.id, previous_view_id: view.id });
    await stage.post('/api/close', { user: ON_CALL, viewId: top.view.id });
    expect(await views(stage)).toHaveLength(1);
    respond(stage, { response_action: 'clear' });
    await submit(stage, view.id);
    expect(await views(stage)).toEqual([]);
  });

  it.each<[string, { statusCode: number; body?: string }]>([
    ['a failure', { statusCode: 500 }],
    ['nonsense', { statusCode: 200, body: 'nonsense' }],
    ['a view that Slack refuses', { statusCode: 200, body: '{"response_action":"update","view":{"type":"modal"}}' }],
  ])('stays open and says so after %s', async (_, answer) => {
    const stage = await slackStage();
    const view = await opened(stage);
    stage.handle(async () => answer);
    await submit(stage, view.id);
    expect(await views(stage)).toMatchObject([{ trouble: expect.stringContaining('trouble connecting') }]);
  });

  it('tells the app that it was closed where the app asked for it', async () => {
    const stage = await slackStage();
    const quiet = await opened(stage);
    await stage.post('/api/close', { user: ON_CALL, viewId: quiet.id });
    const loud = await opened(stage, { ...modal, notify_on_close: true });
    await stage.post('/api/close', { user: ON_CALL, viewId: loud.id });
    const closed = stage.delivered.filter(({ payload }) => payload.type === 'view_closed');
    expect(closed).toMatchObject([{ payload: { view: { id: loud.id }, is_cleared: false } }]);
  });

  it('is updated by id, by external id and only with the newest hash', async () => {
    const stage = await slackStage();
    const { id, hash } = await opened(stage, { ...modal, external_id: 'ours' });
    const titled = (title: string) => ({ ...modal, external_id: 'ours', title: plain(title) });
    await stage.client.views.update({ view_id: id, hash, view: titled('Filled') });
    await stage.client.views.update({ external_id: 'ours', view: titled('Again') });
    expect(await views(stage)).toMatchObject([{ view: { id, title: { text: 'Again' } } }]);
    const stale = stage.client.views.update({ view_id: id, hash, view: titled('Late') });
    await expect(stale).rejects.toMatchObject({ data: { error: 'hash_conflict' } });
    const gone = stage.client.views.update({ view_id: 'V000', view: titled('Gone') });
    await expect(gone).rejects.toMatchObject({ data: { error: 'not_found' } });
  });

  it('has buttons that reach the handler too', async () => {
    const stage = await slackStage();
    const view = await opened(stage, { ...modal, blocks: [actions(button('inside'))] });
    await press(stage, view.id, { actionId: 'inside' });
    expect(stage.delivered[1]?.payload).toMatchObject({
      type: 'block_actions',
      container: { type: 'view', view_id: view.id },
      view: { id: view.id },
    });
  });

  it('needs a trigger that is known, fresh and unused', async () => {
    const clock = handClock();
    const stage = await slackStage({ nowMs: clock.nowMs });
    const ts = await postCard(stage);
    const open = (trigger_id: string) => stage.client.views.open({ trigger_id, view: modal });
    await press(stage, ts);
    await press(stage, ts);
    const [first, second] = stage.delivered.map(({ payload }) => payload.trigger_id);
    await expect(open('nonsense')).rejects.toMatchObject({ data: { error: 'invalid_trigger_id' } });
    await open(first);
    await expect(open(first)).rejects.toMatchObject({ data: { error: 'exchanged_trigger_id' } });
    clock.advance(3_001);
    await expect(open(second)).rejects.toMatchObject({ data: { error: 'expired_trigger_id' } });
  });

  it('stacks at most three high', async () => {
    const stage = await slackStage();
    await opened(stage);
    const ts = await postCard(stage);
    const push = async () => {
      await press(stage, ts);
      const trigger_id = stage.delivered.at(-1)?.payload.trigger_id;
      return stage.client.views.push({ trigger_id, view: modal });
    };
    await push();
    await push();
    await expect(push()).rejects.toMatchObject({ data: { error: 'push_limit_reached' } });
  });
});
