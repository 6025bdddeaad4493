import { setTimeout as wait } from 'node:timers/promises';
import { CommandError } from '../command.js';

/** An expected refusal, as every mutation answers it. */
export interface UserError {
  readonly code: string;
  readonly message: string;
  readonly field: readonly string[] | null;
}

interface TopLevelError {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly requestId?: string };
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly TopLevelError[];
}

const maxAttempts = 6;
const timeoutMs = 60_000;

/**
 * Sends operations to a GraphQL endpoint over HTTP, as anybody's program would. Waits and tries again when it is asked
 * to (429, 503); everything else that stands in the way is a {@link CommandError} that says what to do.
 */
export class GraphqlClient {
  constructor(readonly url: string) {}

  /** The `data` of the answer; `Data` is what the query selects. */
  async send<Data>(apiKey: string, query: string, variables: object = {}): Promise<Data> {
    for (let attempt = 1; ; attempt += 1) {
      const response = await this.post(apiKey, JSON.stringify({ query, variables }));
      const answer = await this.read(response);
      const busy = response.status === 429 || response.status === 503;
      if (busy && attempt < maxAttempts) {
        await wait(Math.min(Number(response.headers.get('retry-after') ?? 1) || 1, 10) * 1_000);
        continue;
      }
      if (answer.errors && answer.errors.length > 0) throw this.failure(answer.errors);
      if (answer.data === null || answer.data === undefined) throw this.stranger();
      return answer.data as Data;
    }
  }

  private async post(apiKey: string, body: string): Promise<Response> {
    try {
      return await fetch(this.url, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${apiKey}`,
          'content-type': 'application/json',
          accept: 'application/json',
        },
        body,
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (error) {
      const late = error instanceof Error && error.name === 'TimeoutError';
      const what = late ? `did not answer within ${timeoutMs / 1_000} s` : 'does not answer';
      throw new CommandError(
        `${this.url} ${what}: start it with npm start in another terminal, then try again.`,
      );
    }
  }

  private async read(response: Response): Promise<Answer> {
    try {
      const answer: unknown = await response.json();
      if (typeof answer === 'object' && answer !== null) return answer;
    } catch {
      // Not JSON: something else answers there.
    }
    throw this.stranger();
  }

  private stranger(): CommandError {
    return new CommandError(`what answers at ${this.url} is not this API: give its address with --url.`);
  }

  private failure(errors: readonly TopLevelError[]): CommandError {
    const [first] = errors;
    const code = first?.extensions?.code ?? 'without a code';
    if (code === 'UNAUTHENTICATED') {
      return new CommandError(
        `${this.url} does not know the demo keys: they are those of another database. Start it anew with npm start.`,
      );
    }
    const requestId = first?.extensions?.requestId;
    const trace = requestId === undefined ? '' : ` (request ${requestId})`;
    return new CommandError(`the API answered ${code}: ${first?.message ?? 'no message'}${trace}`);
  }
}

/** Throws when the act was refused: what the demo does is allowed, so a refusal is news for whoever runs it. */
export function mustBeDone(act: string, errors: readonly UserError[]): void {
  const [first] = errors;
  if (!first) return;
  const where = first.field === null ? '' : ` (${first.field.join('.')})`;
  throw new CommandError(`${act} was refused with ${first.code}${where}: ${first.message}`);
}
