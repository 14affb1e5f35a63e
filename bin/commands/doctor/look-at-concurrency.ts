import * as z from 'zod';
import { about, type Finding } from '../../flows/doctor/finding.ts';
import { type Aws, problemText } from '../common/aws.ts';
import { elements, textAt, type XmlElement } from '../common/parse-xml.ts';

const said = about('stack');
const ofAccount = z.object({ AccountLimit: z.object({ ConcurrentExecutions: z.number() }) });
const ofFunction = z.object({ ReservedConcurrentExecutions: z.number().nullish() });
/** What Lambda keeps for functions without a share of their own. */
const UNRESERVED_MIN = 100;

/** Whether a flood of the public address can use up what sampling needs. */
export async function lookAtConcurrency(resources: XmlElement, aws: Aws): Promise<readonly Finding[]> {
  const interact = elements(resources, 'member').find(
    (one) =>
      textAt(one, 'ResourceType') === 'AWS::Lambda::Function' &&
      /Interact/.test(textAt(one, 'LogicalResourceId') ?? ''),
  );
  if (interact === undefined) return [];
  const name = encodeURIComponent(textAt(interact, 'PhysicalResourceId') ?? '');
  const [reserved, account] = await Promise.all([
    aws.get('lambda', `/2019-09-30/functions/${name}/concurrency`, {}),
    aws.get('lambda', '/2016-08-19/account-settings', {}),
  ]);
  const own = ofFunction.safeParse(reserved.kind === 'done' ? reserved.body : null);
  const limit = ofAccount.safeParse(account.kind === 'done' ? account.body : null);
  if (!own.success || !limit.success) {
    const failed = reserved.kind !== 'done' ? reserved : account.kind !== 'done' ? account : null;
    const why = failed === null ? 'an answer that is not understood' : problemText(failed);
    const needs = 'Your credentials need lambda:GetFunctionConcurrency and lambda:GetAccountSettings.';
    return [said('note', `how many clicks it takes at once could not be looked at (${why})`, needs)];
  }
  const { ReservedConcurrentExecutions: share = null } = own.data;
  const { ConcurrentExecutions: all } = limit.data.AccountLimit;
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
