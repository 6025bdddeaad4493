import {
  Controller,
  Get,
  Inject,
  Param,
  Query as QueryOf,
  Req,
  Res,
  StreamableFile,
  UseFilters,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isConnectionFailure } from '#database';
import { type ExportFile, Exports, idsShownBy } from '#exports';
import type { Actor } from '#organizations';
import type { Outcome } from '#outcome';
import type { Log } from '../../../process/src/log.js';
import { CurrentActor, Requires } from '../access/index.js';
import { decodeId, encodeId, idPrefixes } from '../graphql/index.js';
import { ledgerFilterOf, onlyDaysOf, type Query, refuseUnknown } from './export-arguments.js';
import { databaseGone, exportRefusal, ExportRefusedFilter } from './export-refused.js';
import { type ExportLoad, ExportSlots } from './export-slots.js';
import { ReaderTooSlow, streamOf } from './file-stream.js';

const showId = idsShownBy(idPrefixes, encodeId);
/** A well-formed id of nobody: what is no id is missing like any other. */
const nobody = '00000000-0000-0000-0000-000000000000';
/** A million postings take a minute on a fast line; a reader that is an hour late will not come. */
const limits = { stallMs: 60_000, wholeMs: 3_600_000 };

/** A request for a file: who asks, and where it goes. */
interface Asked {
  readonly actor: Actor;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly load: ExportLoad;
}

/** Files for accountants, written while they are read. */
@Controller('exports')
@UseFilters(ExportRefusedFilter)
export class ExportsController {
  constructor(
    private readonly exports: Exports,
    private readonly slots: ExportSlots,
    @Inject('Log') private readonly log: Log,
  ) {}

  @Requires('settlements:read')
  @Get('settlements/:id/lines.csv')
  async statement(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @QueryOf() query: Query,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile | undefined> {
    refuseUnknown(query, []);
    const settlementId = decodeId('stl', id) ?? nobody;
    return await this.give({ actor, request, reply, load: 'pages' }, () =>
      this.exports.statement(actor, settlementId, showId),
    );
  }

  @Requires('payouts:read')
  @Get('payouts.csv')
  async payouts(
    @CurrentActor() actor: Actor,
    @QueryOf() query: Query,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile | undefined> {
    const filter = onlyDaysOf(query);
    return await this.give({ actor, request, reply, load: 'pages' }, () =>
      this.exports.payouts(actor, filter, showId),
    );
  }

  @Requires('ledger:read')
  @Get('journal.csv')
  async journalCsv(
    @CurrentActor() actor: Actor,
    @QueryOf() query: Query,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile | undefined> {
    const filter = ledgerFilterOf(query);
    return await this.give({ actor, request, reply, load: 'ledger' }, () =>
      this.exports.journalCsv(actor, filter, showId),
    );
  }

  @Requires('ledger:read')
  @Get('journal.hledger')
  async journalHledger(
    @CurrentActor() actor: Actor,
    @QueryOf() query: Query,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile | undefined> {
    const filter = ledgerFilterOf(query);
    return await this.give({ actor, request, reply, load: 'ledger' }, () =>
      this.exports.journalHledger(actor, filter, showId),
    );
  }

  private async give(
    { actor, request, reply, load }: Asked,
    open: () => Outcome<ExportFile> | Promise<Outcome<ExportFile>>,
  ): Promise<StreamableFile | undefined> {
    const opened = await whileDatabaseAnswers(open);
    if (!opened.ok) {
      const [first] = opened.refusals;
      throw exportRefusal(first ?? { code: 'INVALID_VALUE', message: 'This cannot be exported.' });
    }
    // Fastify would read the whole file to answer a HEAD without a body.
    if (request.method === 'HEAD') return void describe(reply, opened.value);
    const leave = this.slots.take(load, actor.organizationId);
    const stream = await whileDatabaseAnswers(() =>
      streamOf(opened.value, limits, (error) => {
        leave();
        if (error && !(error instanceof ReaderTooSlow))
          this.log.error('an export was broken off', { requestId: request.id, error });
      }),
    );
    // Not before: until here the answer may still be an error in JSON.
    describe(reply, opened.value);
    return new StreamableFile(stream);
  }
}

function describe(reply: FastifyReply, { name, type }: ExportFile): void {
  void reply.headers({
    'content-type': type,
    'content-disposition': `attachment; filename="${name}"`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
}

async function whileDatabaseAnswers<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isConnectionFailure(error) ? databaseGone() : error;
  }
}
