import { PublishCommand, SNSClient, type SNSClientConfig } from '@aws-sdk/client-sns';
import type { Log, Pager } from '../../core/ports.ts';

const CONNECT_MS_MAX = 1000;
const ANSWER_MS_MAX = 3000;
/** Telling is at least once: a page that comes twice is better than none. */
const ATTEMPTS_MAX = 3;

/** SNS takes 100 characters of ASCII that begin with a letter, a digit or punctuation, and no line break. */
const SUBJECT_CHARS_MAX = 100;
/** SNS takes 256 KB; a text message to a telephone is cut long before that. */
const BODY_CHARS_MAX = 4000;

/** Reaches people through an SNS topic: mail, text message, or a pager's own subscription. */
export class SnsPager implements Pager {
  readonly #client: SNSClient;
  readonly #log: Log;

  constructor(log: Log, place: SNSClientConfig = {}) {
    this.#log = log;
    this.#client = new SNSClient({
      ...place,
      maxAttempts: ATTEMPTS_MAX,
      requestHandler: { connectionTimeout: CONNECT_MS_MAX, requestTimeout: ANSWER_MS_MAX, throwOnRequestTimeout: true },
    });
  }

  async page(topicArn: string, subject: string, body: string): Promise<'sent' | 'failed'> {
    try {
      await this.#client.send(
        new PublishCommand({
          TopicArn: topicArn,
          Subject: subjectOf(subject),
          Message: body.trim() === '' ? subject : body.slice(0, BODY_CHARS_MAX),
        }),
      );
      return 'sent';
    } catch (error) {
      this.#log.error('page.failed', { topicArn, problem: error instanceof Error ? error.name : String(error) });
      return 'failed';
    }
  }
}

function subjectOf(text: string): string {
  const plain = text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, SUBJECT_CHARS_MAX)
    .trim();
  return plain === '' ? 'Runbell' : plain;
}
