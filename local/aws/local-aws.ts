import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { closeServer, closing, listenHere, readBody, strangerWhy, urlOf } from '../loopback.ts';
import { type Answer, failure, type Protocol, refusal } from './answer.ts';
import { DynamoEngine } from './dynamo-engine.ts';
import { KeyRing } from './key-ring.ts';
import { LocalFunctions, type LocalLog, messageOf } from './local-functions.ts';
import { answerService, type ServiceOptions, type Services, serviceOf } from './services.ts';
import { isSigned, type Keys, MISMATCH, readClaim } from './signature.ts';

export interface LocalAwsOptions extends ServiceOptions {
  readonly tableName: string;
  /** Default: us-east-1. What is signed for another one is refused. */
  readonly region?: string;
  readonly log?: LocalLog;
  readonly nowMs?: () => number;
}

/** One endpoint for all AWS clients, and the functions that it runs. */
export interface LocalAws {
  /** For AWS_ENDPOINT_URL. Loopback only. */
  readonly url: string;
  readonly region: string;
  /** What requests have to be signed with: other keys at every start, and nothing but memory holds them. */
  readonly credentials: Pick<Keys, 'accessKeyId' | 'secretAccessKey'>;
  readonly functions: LocalFunctions;
  /** By its own clock, which signatures are judged by. */
  nowMs(): number;
  close(): Promise<void>;
}

export const LOCAL_REGION = 'us-east-1';

/** An item has at most 400 KB, and an asynchronous event 1 MB. */
const BODY_BYTES_MAX = 1_000_000;

/** Starts it on a free port of 127.0.0.1, with the table made. */
export async function createLocalAws(options: LocalAwsOptions): Promise<LocalAws> {
  const { region = LOCAL_REGION, nowMs = Date.now, log = () => undefined } = options;
  const functions = new LocalFunctions(log);
  const dynamo = new DynamoEngine((record) => functions.offer(record));
  await dynamo.createTable(options.tableName);
  const keys = new KeyRing();
  const services: Services = { options, functions, dynamo, keys, nowMs };
  const server = createServer((request, response) => {
    answerTo(request, region, services)
      .catch((error: unknown) => failure(500, 'InternalFailure', messageOf(error)))
      .then(({ status, body, headers }) => {
        // The clients correct their clock by it.
        const date = new Date(nowMs()).toUTCString();
        const general = { ...closing(request), date, 'x-amzn-requestid': randomUUID() };
        response.writeHead(status, { ...headers, ...general }).end(body);
      });
  });
  const url = urlOf(await listenHere(server, 0));
  const close = async () => {
    await functions.close();
    await closeServer(server);
  };
  return { url, region, credentials: keys.own, functions, nowMs, close };
}

/** Nothing of a request is used, and none of its body read, before it is known who sends it. */
async function answerTo(request: IncomingMessage, region: string, services: Services): Promise<Answer> {
  const stranger = strangerWhy(request, { isPage: false });
  if (stranger !== null) return failure(403, 'AccessDeniedException', stranger);
  const { method = '', url: target = '/', headers } = request;
  const { pathname, search } = new URL(target, 'http://localhost');
  if (pathname + search !== target) return failure(400, 'InvalidRequestException', 'the path is not in its plain form');
  const head = { method, target, headers };
  const protocol = protocolOf(request);
  const { keys, nowMs } = services;
  const keysOf = (accessKeyId: string) => keys.find(accessKeyId);
  const claim = readClaim(head, { keysOf, region, service: serviceOf(head), nowMs: nowMs() });
  if (!('kind' in claim)) return refusal(protocol, claim);
  const body = await readBody(request, BODY_BYTES_MAX);
  if (body === null) return failure(413, 'RequestEntityTooLargeException', `at most ${BODY_BYTES_MAX} bytes`);
  if (!(await isSigned(head, body, claim))) return refusal(protocol, MISMATCH);
  return answerService(head, body.toString('utf8'), claim.service, services);
}

function protocolOf({ url = '', headers }: IncomingMessage): Protocol {
  if (url.startsWith('/2015-03-31/')) return 'rest';
  return headers['x-amz-target'] === undefined ? 'query' : 'json';
}
