import type { StackResource } from '@aws-sdk/client-cloudformation';
import { GetAccountSettingsCommand, GetFunctionConcurrencyCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { about, type Finding } from '../../flows/doctor/finding.ts';
import { type Aws, answerOf, problemText } from '../common/aws.ts';

const said = about('stack');
/** What Lambda keeps for functions without a share of their own. */
const UNRESERVED_MIN = 100;

/** Whether a flood of the public address can use up what sampling needs. */
export async function lookAtConcurrency(resources: readonly StackResource[], aws: Aws): Promise<readonly Finding[]> {
  const name = resources.find(
    ({ ResourceType, LogicalResourceId = '' }) =>
      ResourceType === 'AWS::Lambda::Function' && /Interact/.test(LogicalResourceId),
  )?.PhysicalResourceId;
  if (name === undefined) return [];
  const lambda = aws.client('LAMBDA', LambdaClient);
  const [reserved, account] = await Promise.all([
    answerOf(lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: name }))),
    answerOf(lambda.send(new GetAccountSettingsCommand({}))),
  ]);
  const all = account.kind === 'done' ? account.body.AccountLimit?.ConcurrentExecutions : undefined;
  if (reserved.kind !== 'done' || all === undefined) {
    const failed = reserved.kind !== 'done' ? reserved : account.kind !== 'done' ? account : null;
    const why = failed === null ? 'an answer that is not understood' : problemText(failed);
    const needs = 'Your credentials need lambda:GetFunctionConcurrency and lambda:GetAccountSettings.';
    return [said('note', `how many clicks it takes at once could not be looked at (${why})`, needs)];
  }
  const share = reserved.body.ReservedConcurrentExecutions ?? null;
  if (share !== null) return [said('ok', `${share} of the account's ${all} concurrent executions are kept for clicks`)];
  const fix =
    all > UNRESERVED_MIN
      ? `npx cdk deploy -c runbell:interactConcurrency=${Math.min(100, all - UNRESERVED_MIN)} keeps them apart; docs/security.md says what that costs clicks.`
      : 'Ask for a higher quota of "Concurrent executions"; then interactConcurrency can keep them apart.';
  return [
    said(
      'note',
      `a flood of the public address could use up the account's ${all} concurrent executions, which sampling needs too`,
      fix,
    ),
  ];
}
