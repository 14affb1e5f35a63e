/**
 * The rival: Bolt as its documentation sets it up for Lambda, with the AWS SDK for the same conditional write,
 * loaded from node_modules. The addresses of Slack and AWS are those of the bench; everything else is default.
 */
const { App, AwsLambdaReceiver } = require('@slack/bolt');
const { DynamoDBClient, PutItemCommand } = require('@aws-sdk/client-dynamodb');

const receiver = new AwsLambdaReceiver({ signingSecret: process.env.SLACK_SIGNING_SECRET });
const app = new App({
  token: process.env.SLACK_BOT_TOKEN,
  receiver,
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
});
const table = new DynamoDBClient({});

app.action(/^run:/, async ({ ack, body, action }) => {
  const id = [body.team.id, body.channel.id, body.user.id, action.action_id, action.action_ts].join('|');
  await table.send(
    new PutItemCommand({
      TableName: process.env.RUNBELL_TABLE,
      Item: { pk: { S: `request#${id}` }, sk: { S: 'STATE' }, body: { S: action.value } },
      ConditionExpression: 'attribute_not_exists(pk)',
    }),
  );
  await ack();
});

exports.handler = receiver.toHandler();
