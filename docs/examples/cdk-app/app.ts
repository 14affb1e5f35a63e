import { App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AccountPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Runbell } from 'runbell';
import config from './runbell.config.ts';

/** Runbell as a part of somebody else's stack: it keeps its table, and one topic of the house hears its alarms. */
const app = new App();
const stack = new Stack(app, 'orders-monitoring');

const onCall = new Topic(stack, 'OnCall', { enforceSSL: true });
onCall.addSubscription(new EmailSubscription('on-call@example.com'));

const runbell = new Runbell(stack, 'Runbell', {
  config,
  pageTopic: onCall,
  dashboard: true,
  removalPolicy: RemovalPolicy.RETAIN,
  logRetention: RetentionDays.THREE_MONTHS,
});

/** Whoever takes this role may look, freeze, and ask for runs as a person whom the configuration lists. */
const operator = new Role(stack, 'Operator', { assumedBy: new AccountPrincipal(stack.account) });
runbell.grantRequest(operator);
