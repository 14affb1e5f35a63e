import { createSlackClient } from './adapters/slack/slack-notice-board.ts';
import { fetchSlackSecret } from './adapters/slack/slack-secret.ts';
import { SlackUserDirectory } from './adapters/slack/slack-user-directory.ts';
import { createSsmClient, inRunSession } from './adapters/ssm/run-session.ts';
import { type SenderOf, SsmCommandRunner } from './adapters/ssm/ssm-command-runner.ts';
import { createAssumeRole } from './adapters/system/assume-role.ts';
import { type BatchAnswer, forEachRecord } from './adapters/system/lambda-events.ts';
import { LambdaWatchCaller } from './adapters/system/lambda-watch-caller.ts';
import { createSignedAwsCall, createSignedPost } from './adapters/system/signed-aws-call.ts';
import type { Basics } from './core/ports.ts';
import { decideInbox, decideRequest } from './flows/act.ts';
import { advanceRun } from './flows/advance-run.ts';
import { apart } from './flows/apart.ts';
import { basicsOf, lambdaPlace, once, type Place, required } from './wiring.ts';

/** The only function that may send a command. */
export function createActHandler(place: Place): (event: unknown) => Promise<BatchAnswer> {
  const basics = basicsOf(place);
  const { log } = basics;
  const commands = new SsmCommandRunner(createSsmClient(place.aws), senderOf(place));
  const watch = new LambdaWatchCaller(required(place.environment, 'RUNBELL_WATCH_FUNCTION'), log, place.aws);
  const deps = { ...basics, commands, watch, directory: directoryOf(place, basics), maySend: true };
  return (event) => {
    basics.clock.begin();
    return forEachRecord(
      event,
      ({ entity, id }) =>
        apart(deps, `${entity}#${id}`, async () => {
          if (entity === 'inbox') await decideInbox(deps, id);
          if (entity === 'request') await decideRequest(deps, id);
          if (entity === 'run') await advanceRun(deps, id);
        }),
      (record, error) => log.error('act.failed', { entity: record.entity, id: record.id, error }),
    );
  };
}

function senderOf({ environment, settings, aws }: Place): SenderOf {
  return inRunSession({
    assumeRole: createAssumeRole(createSignedPost(environment)),
    runnerRoleArn: required(environment, 'RUNBELL_RUNNER_ROLE_ARN'),
    region: required(environment, 'AWS_REGION'),
    hostTag: settings.config.hostTag,
    ...(aws === undefined ? {} : { endpoint: aws.endpoint }),
  });
}

/** Asks Slack about people who are not listed by name. Without a token it knows nobody, and so nobody gets in by it. */
function directoryOf({ environment }: Place, { clock, log }: Basics): SlackUserDirectory {
  const secretArn = environment['RUNBELL_SLACK_SECRET_ARN'];
  const slackApiUrl = environment['RUNBELL_SLACK_API_URL'];
  const options = slackApiUrl === undefined ? {} : { slackApiUrl };
  const call = createSignedAwsCall(environment);
  const client = async () => {
    const secret = secretArn === undefined ? null : await fetchSlackSecret(call, secretArn);
    return secret === null || 'problem' in secret ? null : createSlackClient(secret.botToken, options);
  };
  return new SlackUserDirectory(client, clock, log);
}

const deployed = once(() => createActHandler(lambdaPlace()));

export function handler(event: unknown): Promise<BatchAnswer> {
  return deployed()(event);
}
