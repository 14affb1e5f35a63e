import { ConfiguredNoticeBoard } from './adapters/slack/configured-notice-board.ts';
import { createSlackClient, SlackNoticeBoard } from './adapters/slack/slack-notice-board.ts';
import { fetchSlackSecret } from './adapters/slack/slack-secret.ts';
import { type BatchAnswer, forEachRecord } from './adapters/system/lambda-events.ts';
import { createSignedAwsCall } from './adapters/system/signed-aws-call.ts';
import { SnsPager } from './adapters/system/sns-pager.ts';
import { apart } from './flows/apart.ts';
import { notifyTarget } from './flows/notify.ts';
import { notifyRequest } from './flows/notify-request.ts';
import { notifyChannel, notifyFreezes } from './flows/tell-debt.ts';
import { basicsOf, lambdaPlace, once, type Place, required } from './wiring.ts';

export function createNotifyHandler(place: Place): (event: unknown) => Promise<BatchAnswer> {
  const basics = basicsOf(place);
  const { clock, log } = basics;
  const call = createSignedAwsCall(place.environment);
  const secretArn = required(place.environment, 'RUNBELL_SLACK_SECRET_ARN');
  const slackApiUrl = place.environment['RUNBELL_SLACK_API_URL'];
  const options = slackApiUrl === undefined ? {} : { slackApiUrl };
  const board = new ConfiguredNoticeBoard({
    readToken: () => fetchSlackSecret(call, secretArn),
    boardOf: (token) => new SlackNoticeBoard(createSlackClient(token, options), clock, log),
    clock,
  });
  const ownTopicArn = place.environment['RUNBELL_PAGE_TOPIC'];
  const deps = { ...basics, board, pager: new SnsPager(log, place.aws), ownTopicArn };
  return (event) => {
    clock.begin();
    return forEachRecord(
      event,
      ({ entity, id }) =>
        apart(deps, `${entity}#${id}`, async () => {
          if (entity === 'request') await notifyRequest(deps, id);
          if (entity === 'freezes') await notifyFreezes(deps);
          if (entity === 'channel') await notifyChannel(deps, id);
          if (entity === 'target') await notifyTarget(deps, id);
        }),
      (record, error) => log.error('notify.failed', { entity: record.entity, id: record.id, error }),
    );
  };
}

const deployed = once(() => createNotifyHandler(lambdaPlace()));

export function handler(event: unknown): Promise<BatchAnswer> {
  return deployed()(event);
}
