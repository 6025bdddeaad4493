import {
  EdgeExceptionFilter,
  fastifyOptions,
  graphqlOptions,
  type GraphqlSettings,
  installEdgeHooks,
} from '../../../apps/api/src/graphql/index.js';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GraphQLModule } from '@nestjs/graphql';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { EdgeResolver, ThingResolver } from './fake-marketplace.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: {
    readonly data?: Record<string, unknown> | null;
    readonly errors?: readonly {
      readonly message: string;
      readonly path?: readonly (string | number)[];
      readonly extensions: Record<string, unknown>;
    }[];
    readonly extensions?: Record<string, unknown>;
  };
}

export interface EdgeApp {
  readonly url: string;
  readonly app: NestFastifyApplication;
  readonly resolver: EdgeResolver;
  readonly logged: { readonly error: unknown; readonly requestId: string | undefined }[];
  query(
    query: string,
    variables?: Record<string, unknown>,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  fetch(path: string, init?: RequestInit): Promise<Answer>;
  close(): Promise<void>;
}

/** The edge around the fake marketplace, on a free port. */
export async function startEdge(settings: Partial<GraphqlSettings<unknown>> = {}): Promise<EdgeApp> {
  const logged: { error: unknown; requestId: string | undefined }[] = [];
  const logError = (error: unknown, requestId: string | undefined) => void logged.push({ error, requestId });

  class EdgeModule {}
  Module({
    imports: [GraphQLModule.forRoot(graphqlOptions({ sandbox: true, logError, ...settings }))],
    providers: [EdgeResolver, ThingResolver],
  })(EdgeModule);

  const app = await NestFactory.create<NestFastifyApplication>(
    EdgeModule,
    new FastifyAdapter(fastifyOptions),
    { logger: false },
  );
  installEdgeHooks(app.getHttpAdapter().getInstance());
  app.useGlobalFilters(new EdgeExceptionFilter(logError));
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();

  const request = async (path: string, init?: RequestInit): Promise<Answer> => {
    const response = await fetch(new URL(path, url), init);
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? (JSON.parse(text) as Answer['body']) : {},
    };
  };
  return {
    url: `${url}/graphql`,
    app,
    resolver: app.get(EdgeResolver),
    logged,
    query: (query, variables = {}, headers = {}) =>
      request('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query, variables }),
      }),
    fetch: request,
    close: () => app.close(),
  };
}

export function codesOf(answer: Answer): unknown[] {
  return (answer.body.errors ?? []).map((error) => error.extensions['code']);
}
