import { isDeepStrictEqual } from 'node:util';

/** An item or a key as DynamoDB's JSON has it. */
export type Image = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface EngineAnswer {
  readonly status: number;
  readonly body: string;
}

/** What a transaction needs of the table that it writes to while nobody else does. */
export interface TableInside {
  call(operation: string, body: Readonly<Record<string, unknown>>): Promise<EngineAnswer>;
  image(tableName: unknown, item: Image): Promise<Image | undefined>;
  changed(item: Image, before: Image | undefined): void;
  keyOf(item: Image): Image;
}

interface Put {
  readonly TableName: string;
  readonly Item: Image;
}

/** The service remembers a token for ten minutes; here the newest ones. */
const TOKENS_MAX = 1000;

/**
 * TransactWriteItems of guarded puts, which dynalite lacks. Each put is tried with its condition, and when one fails
 * all are taken back: whoever calls this sees to it that nobody looks meanwhile.
 */
export class DynamoTransactions {
  readonly #table: TableInside;
  readonly #tokens = new Map<string, string>();

  constructor(table: TableInside) {
    this.#table = table;
  }

  async write(body: Readonly<Record<string, unknown>>): Promise<EngineAnswer> {
    const { TransactItems: items, ClientRequestToken: token } = body;
    const puts = (items as readonly { readonly Put?: Put }[]).map(({ Put: put }) => put);
    if (!puts.every((put) => put !== undefined)) return failed('ValidationException', 'the local table only puts');
    const asked = JSON.stringify(items);
    const former = typeof token === 'string' ? this.#tokens.get(token) : undefined;
    if (former !== undefined) {
      return former === asked
        ? { status: 200, body: '{}' }
        : failed('IdempotentParameterMismatchException', 'the token stands for another transaction');
    }
    const answer = await this.#all(puts);
    if (answer.status === 200 && typeof token === 'string') this.#remember(token, asked);
    return answer;
  }

  async #all(puts: readonly Put[]): Promise<EngineAnswer> {
    const before = await Promise.all(puts.map(({ TableName, Item }) => this.#table.image(TableName, Item)));
    const answers: EngineAnswer[] = [];
    for (const put of puts) answers.push(await this.#table.call('PutItem', { ...put }));
    if (answers.every(({ status }) => status === 200)) {
      for (const [at, { Item }] of puts.entries()) {
        if (!isDeepStrictEqual(before[at], Item)) this.#table.changed(Item, before[at]);
      }
      return { status: 200, body: '{}' };
    }
    for (const [at, put] of puts.entries()) await this.#restore(put, before[at]);
    const CancellationReasons = answers.map(({ status, body }) => ({ Code: status === 200 ? 'None' : codeOf(body) }));
    const Message = `Transaction cancelled, reasons [${CancellationReasons.map(({ Code }) => Code).join(', ')}]`;
    return {
      status: 400,
      body: JSON.stringify({ __type: 'TransactionCanceledException', Message, CancellationReasons }),
    };
  }

  async #restore({ TableName, Item }: Put, before: Image | undefined): Promise<void> {
    if (before === undefined) await this.#table.call('DeleteItem', { TableName, Key: this.#table.keyOf(Item) });
    else await this.#table.call('PutItem', { TableName, Item: before });
  }

  #remember(token: string, asked: string): void {
    if (this.#tokens.size >= TOKENS_MAX) this.#tokens.clear();
    this.#tokens.set(token, asked);
  }
}

/** As the service names it among the reasons: without "Exception". */
function codeOf(body: string): string {
  const { __type: type = '' } = JSON.parse(body) as { readonly __type?: string };
  return type.replace(/^.*#/, '').replace(/Exception$/, '');
}

function failed(type: string, message: string): EngineAnswer {
  return { status: 400, body: JSON.stringify({ __type: type, message }) };
}
