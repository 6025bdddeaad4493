import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LeadQueries } from '#leads';
import { type Actor, may, type Permission } from '#organizations';
import { type Refusal, refusal } from '#outcome';
import type { Log } from '../../../process/src/log.js';
import { RequestAuthenticator } from '../access/request-authenticator.js';
import { errorLog } from '../edge-log.js';
import {
  bucketKeyOf,
  decodeId,
  forbidden,
  publicError,
  RateLimits,
  toUserErrors,
  unauthenticated,
} from '../graphql/index.js';
import type { OperationCost } from '../graphql/cost.js';
import { LeadSubmissions, maxLeads, tooManyLeads } from '../leads/lead-submissions.js';
import { leadTypeOf, type SubmitLeadPayload } from '../leads/leads.types.js';
import { answerError, shownError, shownLead, shownPayload, shownPing } from './facade-answers.js';
import { PingSubmissions } from '../offers/ping-submissions.js';
import { openApiDocument } from './openapi.js';
import { type Group, leadShape, pingShape } from './lead-shape.js';
import { readForm, readJson } from './read-body.js';
import { type LeadRead, readFormLead, readLead, repeatedRefusal, unexpectedRefusal } from './read-lead.js';

/**
 * Leads for what cannot speak GraphQL. Routes of the server itself and not of a controller: bodies are read more strictly than
 * elsewhere, and what the framework does around a handler would cost a third of a lead. So each route says here what it
 * requires, and the first hook refuses whoever lacks it.
 */
export function installFacade(app: NestFastifyApplication, log: Log): void {
  const facade = new Facade(
    app.get(RequestAuthenticator, { strict: false }),
    app.get(LeadSubmissions, { strict: false }),
    app.get(LeadQueries, { strict: false }),
    app.get(RateLimits, { strict: false }),
    app.get(PingSubmissions, { strict: false }),
  );
  const logError = errorLog(log);
  void app
    .getHttpAdapter()
    .getInstance()
    .register((server, _options, done) => {
      server.removeAllContentTypeParsers();
      for (const [type, read] of Object.entries(bodies))
        server.addContentTypeParser(type, { parseAs: 'buffer' }, (_request, body, parsed) =>
          parsed(null, read(body as Buffer)),
        );
      server.addHook('onSend', (_request, reply, _payload, sent) => {
        void reply.header('cache-control', 'no-store');
        sent();
      });
      server.setErrorHandler((error, request, reply) => {
        facade.chargeRefused(request, reply);
        return answerError(error, { request, reply, logError });
      });
      facade.route(server);
      done();
    });
}

type Body =
  | { readonly kind: 'JSON'; readonly read: ReturnType<typeof readJson> }
  | { readonly kind: 'FORM'; readonly read: ReturnType<typeof readForm> };

const bodies: Readonly<Record<string, (body: Buffer) => Body>> = {
  'application/json': (body) => ({ kind: 'JSON', read: readJson(body) }),
  'application/x-www-form-urlencoded': (body) => ({ kind: 'FORM', read: readForm(body) }),
};

class Facade {
  /** Who asks, once the first hook has let them in. */
  private readonly actors = new WeakMap<FastifyRequest, Actor>();
  private readonly charged = new WeakSet<FastifyRequest>();
  private readonly document = JSON.stringify(openApiDocument());

  constructor(
    private readonly requests: RequestAuthenticator,
    private readonly submissions: LeadSubmissions,
    private readonly leads: LeadQueries,
    private readonly rates: RateLimits,
    private readonly pings: PingSubmissions,
  ) {}

  route(server: FastifyInstance): void {
    const admit = (permission: Permission) => ({
      onRequest: async (request: FastifyRequest) => await this.admit(request, permission),
    });
    server.post('/v1/leads', admit('leads:submit'), async (request, reply) => await this.one(request, reply));
    server.post(
      '/v1/leads/batch',
      admit('leads:submit'),
      async (request, reply) => await this.batch(request, reply),
    );
    server.post('/v1/ping', admit('leads:submit'), async (request, reply) => await this.ping(request, reply));
    // A whole lead after its ping: as /v1/leads, but for the id of the ping, which it needs.
    server.post('/v1/post', admit('leads:submit'), async (request, reply) => await this.post(request, reply));
    server.get(
      '/v1/leads/:id',
      admit('leads:read'),
      async (request, reply) => await this.read(request, reply),
    );
    // Without a key: it says what is in the repository.
    server.get('/v1/openapi.json', (_request, reply) =>
      reply.type('application/json; charset=utf-8').send(this.document),
    );
  }

  /** Before the body is read. */
  private async admit(request: FastifyRequest, permission: Permission): Promise<void> {
    const actor = await this.requests.authenticate(request);
    if (!actor) throw unauthenticated();
    this.actors.set(request, actor);
    if (!may(actor, permission))
      throw forbidden(`This needs the permission ${permission}, which your role or key does not have.`);
  }

  private async one(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { lead, refusals, names } = oneLead(request.body as Body | undefined);
    const actor = this.charge(request, reply, { points: 0, leads: 1 });
    if (!lead) return reply.code(422).send(shownPayload(refusedPayload(refusals)));
    const [payload = refusedPayload([])] = await this.submissions.take(actor, [lead], () => []);
    return reply.code(statusOf(payload)).send(shownPayload(payload, names));
  }

  private async ping(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { lead, refusals, names } = oneLead(request.body as Body | undefined, pingShape);
    const actor = this.charge(request, reply, { points: 0, leads: 1 });
    const payload = lead
      ? await this.pings.take(actor, lead, [])
      : { ping: null, replayed: false, userErrors: toUserErrors(refusals) };
    return reply.code(payload.ping ? 200 : 422).send(shownPing(payload, names));
  }

  private async post(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { lead, refusals, names } = oneLead(request.body as Body | undefined);
    const actor = this.charge(request, reply, { points: 0, leads: 1 });
    if (!lead) return reply.code(422).send(shownPayload(refusedPayload(refusals)));
    if (!lead.pingId) {
      const refused = refusedPayload([refusal('REQUIRED', { field: ['pingId'] })]);
      return reply.code(422).send(shownPayload(refused));
    }
    const [payload = refusedPayload([])] = await this.submissions.take(actor, [lead], () => []);
    return reply.code(statusOf(payload)).send(shownPayload(payload, names));
  }

  private async batch(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const body = request.body as Body | undefined;
    if (body?.kind === 'FORM')
      throw publicError('UNSUPPORTED_MEDIA_TYPE', 'Send the request as application/json.', { status: 415 });
    const given = objectOf(body);
    const leads: unknown = Reflect.get(given.value, 'leads');
    const isList = Array.isArray(leads);
    const cost = isList ? { points: 0, leads: leads.length } : { points: 1, leads: 0 };
    const actor = this.charge(request, reply, cost);
    const wrong = wrongBatch(given);
    if (wrong || !isList) {
      const userErrors = toUserErrors(wrong ? [wrong] : []).map(shownError);
      return reply.code(422).send({ results: [], userErrors });
    }
    const reads = leads.map((lead: unknown, index) => readLead(lead, ['leads', String(index)]));
    const results: SubmitLeadPayload[] = reads.map(({ refusals }) => refusedPayload(refusals));
    const taken = reads.flatMap(({ lead }, index) => (lead ? [{ lead, index }] : []));
    const payloads = await this.submissions.take(
      actor,
      taken.map(({ lead }) => lead),
      (position) => ['leads', String(taken[position]?.index ?? position)],
    );
    taken.forEach(({ index }, position) => {
      const payload = payloads[position];
      if (payload) results[index] = payload;
    });
    return reply.send({
      results: results.map((each, index) => shownPayload(each, reads[index]?.names)),
      userErrors: [],
    });
  }

  private async read(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const actor = this.charge(request, reply, { points: 1, leads: 0 });
    const uuid = decodeId('lead', (request.params as { readonly id: string }).id);
    const [lead] = uuid === undefined ? [] : await this.leads.byIds(actor, [uuid]);
    if (!lead)
      throw publicError('NOT_FOUND', 'There is no such lead, or it is not yours to see.', { status: 404 });
    return reply.send({ lead: shownLead(leadTypeOf(lead)) });
  }

  private charge(request: FastifyRequest, reply: FastifyReply, cost: OperationCost): Actor {
    const actor = this.actors.get(request);
    if (!actor) throw unauthenticated();
    const { charged, refusal: throttle } = this.rates.take(bucketKeyOf(actor, request.ip), cost);
    this.tell(request, reply, this.rates.remaining(charged));
    if (throttle) throw throttle;
    return actor;
  }

  /** A point for what was refused before it cost anything; those without a key have no bucket here. */
  chargeRefused(request: FastifyRequest, reply: FastifyReply): void {
    const actor = this.actors.get(request);
    if (!actor || this.charged.has(request)) return;
    const charged = this.rates.takeForRefused(bucketKeyOf(actor, request.ip));
    this.tell(request, reply, this.rates.remaining(charged));
  }

  private tell(request: FastifyRequest, reply: FastifyReply, remaining: string): void {
    this.charged.add(request);
    void reply.header('ratelimit-policy', this.rates.policy).header('ratelimit', remaining);
  }
}

/** Taken now, taken before, or refused. */
function statusOf({ lead, replayed }: SubmitLeadPayload): 200 | 201 | 422 {
  if (!lead) return 422;
  return replayed ? 200 : 201;
}

function refusedPayload(refusals: readonly Refusal[]): SubmitLeadPayload {
  return { lead: null, replayed: false, userErrors: toUserErrors(refusals) };
}

function oneLead(body: Body | undefined, shape: Group = leadShape): LeadRead {
  if (body?.kind === 'FORM') {
    if (!body.read)
      throw unreadable(
        'The form cannot be read. Send names and values as application/x-www-form-urlencoded.',
      );
    return readFormLead(body.read, shape);
  }
  const { value, repeated } = objectOf(body);
  return repeated
    ? { lead: null, refusals: [repeatedRefusal(repeated)], names: null }
    : readLead(value, [], shape);
}

/** What is wrong with a batch as a whole. */
function wrongBatch({ value, repeated }: JsonObject): Refusal | undefined {
  if (repeated) return repeatedRefusal(repeated);
  const other = Object.keys(value).find((name) => name !== 'leads');
  if (other !== undefined) return unexpectedRefusal([other]);
  const leads: unknown = Reflect.get(value, 'leads');
  if (leads === undefined || leads === null) return refusal('REQUIRED', { field: ['leads'] });
  if (!Array.isArray(leads))
    return refusal('INVALID_VALUE', { field: ['leads'], message: 'A list of leads is expected.' });
  return leads.length > maxLeads ? tooManyLeads(['leads']) : undefined;
}

interface JsonObject {
  readonly value: object;
  readonly repeated: readonly string[] | null;
}

/** The object that a body is. Throws BAD_REQUEST when it is none. */
function objectOf(body: Body | undefined): JsonObject {
  const read = body?.kind === 'JSON' ? body.read : undefined;
  const value = read?.value;
  if (!read || typeof value !== 'object' || value === null || Array.isArray(value))
    throw unreadable('The request cannot be read. Send a JSON object as its body.');
  return { value, repeated: read.repeated };
}

function unreadable(message: string): Error {
  return publicError('BAD_REQUEST', message, { status: 400 });
}
