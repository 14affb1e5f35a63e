/** What a Lambda function URL hands to its handler: payload format 2.0, without what it says of AWS itself. */
export interface FunctionUrlEvent {
  readonly version: '2.0';
  readonly routeKey: '$default';
  readonly rawPath: string;
  readonly rawQueryString: string;
  /** Names in lower case; what came twice is joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  readonly requestContext: { readonly http: { readonly method: string; readonly path: string } };
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

export interface HttpParts {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

/** Of the whole event, as JSON. */
export const EVENT_BYTES_MAX = 6_291_456;
/** Everything else is taken for binary, forms too. */
const TEXT_TYPES = /^(text\/|application\/(json|javascript|xml)\b)/;

/** null: it would be larger than an event may be, and no function sees it. */
export function functionUrlEvent({ method, url, headers: given, body }: HttpParts): FunctionUrlEvent | null {
  const [rawPath = '/', rawQueryString = ''] = url.split('?', 2);
  const headers = Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), String(value)] as const],
    ),
  );
  const isBase64Encoded = body.length > 0 && !TEXT_TYPES.test(headers['content-type'] ?? '');
  const event: FunctionUrlEvent = {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers,
    requestContext: { http: { method, path: rawPath } },
    ...(body.length === 0 ? {} : { body: body.toString(isBase64Encoded ? 'base64' : 'utf8') }),
    isBase64Encoded,
  };
  return Buffer.byteLength(JSON.stringify(event)) > EVENT_BYTES_MAX ? null : event;
}
