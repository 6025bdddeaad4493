import type { Readable } from 'node:stream';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '#config';
import { isConnectionFailure, newId } from '#database';
import {
  ImportQueries,
  type ImportUploaded,
  StartImport,
  takenOtherwise,
  UploadImport,
  type UploadImportInput,
} from '#imports';
import { type Actor, may } from '#organizations';
import { type Outcome, type Refusal, refusal, refused } from '#outcome';
import type { Log } from '../../../process/src/log.js';
import { RequestAuthenticator } from '../access/request-authenticator.js';
import { errorLog } from '../edge-log.js';
import { ReaderTooSlow, streamOf } from '../exports/file-stream.js';
import { answerError, shownError } from '../facade/facade-answers.js';
import {
  badUserInput,
  bucketKeyOf,
  decodeId,
  encodeId,
  forbidden,
  overloaded,
  publicError,
  RateLimits,
  throttled,
  toUserErrors,
  unauthenticated,
  unavailable,
} from '../graphql/index.js';
import { importTypeOf, type LeadImportType } from './imports.types.js';
import { SenderGone, SenderTooSlow, uploadBody } from './upload-body.js';
import { UploadSlots } from './upload-slots.js';

/** A file of half a gigabyte over a slow line takes an hour. */
const uploadLimits = { stallMs: 60_000, wholeMs: 4 * 3_600_000 };
const downloadLimits = { stallMs: 60_000, wholeMs: 3_600_000 };
const nobody = '00000000-0000-0000-0000-000000000000';
const notFound = 'There is no such import, or it is not yours to see.';

/**
 * Where files of leads come in and refused rows go out. Routes of the server itself, as the rest of /v1: elsewhere a body is in
 * memory before anybody sees it.
 */
export function installImportRoutes(app: NestFastifyApplication, config: Config, log: Log): void {
  const routes = new ImportRoutes(
    {
      requests: app.get(RequestAuthenticator, { strict: false }),
      upload: app.get(UploadImport, { strict: false }),
      start: app.get(StartImport, { strict: false }),
      queries: app.get(ImportQueries, { strict: false }),
      rates: app.get(RateLimits, { strict: false }),
      log,
    },
    config.importMaxBytes,
  );
  const logError = errorLog(log);
  void app
    .getHttpAdapter()
    .getInstance()
    .register((server, _options, done) => {
      server.removeAllContentTypeParsers();
      // As it comes, whatever it is called.
      server.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload));
      server.addHook('onSend', (_request, reply, _payload, sent) => {
        void reply.header('cache-control', 'no-store');
        sent();
      });
      server.setErrorHandler((error, request, reply) => answerError(error, { request, reply, logError }));
      routes.install(server);
      done();
    });
}

interface RouteTools {
  readonly requests: RequestAuthenticator;
  readonly upload: UploadImport;
  readonly start: StartImport;
  readonly queries: ImportQueries;
  readonly rates: RateLimits;
  readonly log: Log;
}

class ImportRoutes {
  private readonly actors = new WeakMap<FastifyRequest, Actor>();
  private readonly slots = new UploadSlots();

  constructor(
    private readonly tools: RouteTools,
    private readonly maxBytes: number,
  ) {}

  install(server: FastifyInstance): void {
    const onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<void> =>
      await this.admit(request, reply);
    const bodyLimit = this.maxBytes;
    server.post(
      '/v1/imports',
      { onRequest, bodyLimit },
      async (request, reply) => await this.send(request, reply),
    );
    server.get('/v1/imports/:id', { onRequest }, async (request, reply) => await this.show(request, reply));
    server.get(
      '/v1/imports/:id/failed.csv',
      // Whoever asks for a HEAD would have all of it read.
      { onRequest, exposeHeadRoute: false },
      async (request, reply) => await this.failed(request, reply),
    );
  }

  /** Before anything of the body is read. */
  private async admit(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { requests, rates } = this.tools;
    const actor = await requests.authenticate(request);
    if (!actor) throw unauthenticated();
    this.actors.set(request, actor);
    if (!may(actor, 'leads:submit'))
      throw forbidden('This needs the permission leads:submit, which your role or key does not have.');
    const { charged, refusal: throttle } = rates.take(bucketKeyOf(actor, request.ip), {
      points: 1,
      leads: 0,
    });
    void reply.header('ratelimit-policy', rates.policy).header('ratelimit', rates.remaining(charged));
    if (throttle) throw throttle;
  }

  private async send(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const actor = this.actorOf(request);
    refuseForms(request.headers['content-type']);
    const { input, begin } = readQuery(request.query as Query);
    if (input.contractId === nobody)
      return this.refuse(request, reply, [
        refusal('INVALID_VALUE', {
          field: ['contractId'],
          message: 'The id of a contract is ctr_ and 26 characters.',
        }),
      ]);
    if (Number(request.headers['content-length'] ?? 0) > this.maxBytes) throw this.tooLarge();
    const leave = this.slots.take(actor.organizationId);
    if (leave === 'OWN_FULL') throw throttled(5);
    if (leave === 'FULL') throw overloaded(5);
    try {
      const body = uploadBody(bodyOf(request), uploadLimits);
      const uploaded = await this.tools.upload.execute(actor, input, body);
      const elsewhere = uploaded.ok ? undefined : takenElsewhere(uploaded.refusals);
      if (elsewhere !== undefined) return await this.otherContract(actor, reply, elsewhere);
      if (!uploaded.ok) return this.refuse(request, reply, uploaded.refusals);
      const { importId, replayed } = uploaded.value;
      const started = await this.begin(actor, uploaded.value, begin);
      if (!started.ok && takenElsewhere(started.refusals))
        return await this.otherContract(actor, reply, importId);
      const shown = await this.shown(actor, importId);
      if (!started.ok)
        return await reply
          .code(422)
          .send({ import: shown, replayed, userErrors: toUserErrors(started.refusals).map(shownError) });
      return await reply.code(replayed ? 200 : 201).send({ import: shown, replayed, userErrors: [] });
    } catch (error) {
      throw asAnswer(error);
    } finally {
      leave();
    }
  }

  /** As it was asked for with the file. What was started before is left alone: the same file twice is no mistake. */
  private async begin(
    actor: Actor,
    { importId, contractId }: ImportUploaded,
    how: Begin,
  ): Promise<Outcome<unknown>> {
    if (how === null) return { ok: true, value: undefined };
    const [found] = await this.tools.queries.byIds(actor, [importId]);
    if (found && found.contractId !== contractId) return takenOtherwise(importId);
    const canStart = found?.state === 'READY' || (found?.state === 'CHECKED' && how === 'START');
    if (!canStart) return { ok: true, value: undefined };
    const started = await this.tools.start.execute(actor, {
      importId,
      contractId,
      dryRun: how === 'DRY_RUN',
      idempotencyKey: newId(),
    });
    // Whoever sent the same file at the same time has started it.
    const wasStarted = !started.ok && started.refusals[0]?.code === 'ILLEGAL_TRANSITION';
    // There is no input here: what columns are is said with the file.
    const unmapped = started.ok ? undefined : started.refusals.find(({ code }) => code === 'REQUIRED');
    if (unmapped) return refused({ ...unmapped, field: ['mapping'] });
    if (!wasStarted) return started;
    const [now] = await this.tools.queries.byIds(actor, [importId]);
    return now?.contractId === contractId ? { ok: true, value: undefined } : takenOtherwise(importId);
  }

  /** The file is another import's, and its rows go to another contract. */
  private async otherContract(actor: Actor, reply: FastifyReply, importId: string): Promise<FastifyReply> {
    const shown = await this.shown(actor, importId);
    const under = shown?.contractId ? `with contract ${shown.contractId}` : 'with no contract named';
    const message = `This file is import ${encodeId('imp', importId)} already, ${under}, and was started. Nothing was changed.`;
    const refusals = [
      refusal('ILLEGAL_TRANSITION', { field: ['contractId'], message, data: { allowed: [] } }),
    ];
    const userErrors = toUserErrors(refusals).map(shownError);
    return await reply.code(409).send({ import: shown, replayed: false, userErrors });
  }

  private async show(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const shown = await this.shown(this.actorOf(request), idOf(request)).catch(rethrow);
    if (!shown) throw publicError('NOT_FOUND', notFound, { status: 404 });
    return reply.send({ import: shown });
  }

  private async failed(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const actor = this.actorOf(request);
    const file = await this.tools.queries
      .failedFile(actor, idOf(request), (uuid) => encodeId('ctr', uuid))
      .catch(rethrow);
    if (!file.ok) {
      const isForbidden = file.refusals[0]?.code === 'NOT_PERMITTED';
      if (isForbidden)
        throw forbidden('This needs the permission leads:contact, which your role or key does not have.');
      throw publicError('NOT_FOUND', notFound, { status: 404 });
    }
    const { name, type } = file.value;
    const stream = await streamOf(file.value, downloadLimits, (error) => {
      if (error && !(error instanceof ReaderTooSlow))
        this.tools.log.error('a download of failed rows was broken off', { requestId: request.id, error });
    }).catch(rethrow);
    return reply
      .headers({
        'content-type': type,
        'content-disposition': `attachment; filename="${name}"`,
        'x-content-type-options': 'nosniff',
      })
      .send(stream);
  }

  private async shown(actor: Actor, importId: string): Promise<ImportShown | null> {
    const [found] = await this.tools.queries.byIds(actor, [importId]);
    return found ? shownImport(importTypeOf(found)) : null;
  }

  private refuse(request: FastifyRequest, reply: FastifyReply, refusals: readonly Refusal[]): FastifyReply {
    const isTooLarge = refusals.some(({ code, field }) => code === 'TOO_MANY' && field?.[0] === 'file');
    // What still comes of the file is nobody's business any more.
    if (!request.raw.complete) {
      void reply.header('connection', 'close');
      request.raw.resume();
    }
    const userErrors = toUserErrors(refusals).map(shownError);
    return reply.code(isTooLarge ? 413 : 422).send({ import: null, replayed: false, userErrors });
  }

  private tooLarge(): Error {
    const megabytes = Math.floor(this.maxBytes / 1_048_576);
    const message = `The file is larger than ${megabytes} MiB. Send it in parts, each with the first row.`;
    return publicError('PAYLOAD_TOO_LARGE', message, { status: 413, headers: { connection: 'close' } });
  }

  private actorOf(request: FastifyRequest): Actor {
    const actor = this.actors.get(request);
    if (!actor) throw unauthenticated();
    return actor;
  }
}

/** The import that has a file under another contract, where that was why something was refused. */
function takenElsewhere(refusals: readonly Refusal[]): string | undefined {
  return refusals.find(({ code }) => code === 'ILLEGAL_TRANSITION')?.data?.existingId;
}

/** An import as /v1 shows it, with the names of GraphQL. */
export type ImportShown = Omit<LeadImportType, '__typename' | 'of'>;

function shownImport({ __typename: _type, of: _of, ...shown }: LeadImportType): ImportShown {
  return shown;
}

type Query = Readonly<Record<string, string | readonly string[] | undefined>>;
type Begin = 'START' | 'DRY_RUN' | null;

const parameters = ['vertical', 'fileName', 'mapping', 'contractId', 'start', 'dryRun'];

function readQuery(query: Query): { readonly input: UploadImportInput; readonly begin: Begin } {
  for (const [name, value] of Object.entries(query)) {
    if (!parameters.includes(name))
      throw badUserInput(
        'query',
        `There is a parameter that is not known here. Known are ${parameters.join(', ')}.`,
      );
    if (typeof value !== 'string') throw badUserInput(name, 'Give it once.');
  }
  const text = (name: string): string | null => {
    const value = query[name];
    return typeof value === 'string' && value !== '' ? value : null;
  };
  const flag = (name: string): boolean => {
    const value = text(name);
    if (value !== null && value !== 'true' && value !== 'false')
      throw badUserInput(name, `${name} is true or false.`);
    return value === 'true';
  };
  const contract = text('contractId');
  const contractId = contract === null ? null : (decodeId('ctr', contract) ?? nobody);
  const isDryRun = flag('dryRun');
  return {
    input: {
      vertical: text('vertical') ?? '',
      contractId,
      readContractId: (id) => decodeId('ctr', id),
      fileName: text('fileName'),
      mapping: text('mapping'),
    },
    begin: isDryRun ? 'DRY_RUN' : flag('start') ? 'START' : null,
  };
}

/** The lines around the parts of a form would be taken for rows. */
function refuseForms(contentType: string | undefined): void {
  if (!/^\s*(multipart\/|application\/json)/i.test(contentType ?? '')) return;
  throw publicError(
    'UNSUPPORTED_MEDIA_TYPE',
    'Send the file itself as the body, as text/csv: curl --data-binary @leads.csv or curl -T leads.csv.',
    { status: 415 },
  );
}

function bodyOf(request: FastifyRequest): Readable {
  const { body } = request;
  // Without a body there is none.
  return body === undefined || body === null ? request.raw : (body as Readable);
}

function idOf(request: FastifyRequest): string {
  return decodeId('imp', (request.params as { readonly id: string }).id) ?? nobody;
}

function rethrow(error: unknown): never {
  throw isConnectionFailure(error) ? unavailable() : error;
}

function asAnswer(error: unknown): unknown {
  if (error instanceof SenderTooSlow || error instanceof SenderGone)
    return publicError('BAD_REQUEST', 'The file did not come to its end. Send it again.', {
      status: 400,
      headers: { connection: 'close' },
    });
  return isConnectionFailure(error) ? unavailable() : error;
}
