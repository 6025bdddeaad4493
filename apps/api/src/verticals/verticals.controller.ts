import { Controller, Get, Header, NotFoundException, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { VerticalQueries } from '#verticals';
import { Requires } from '../access/index.js';
import { leadSpecification } from './lead-specification.js';
import { isPrintable } from './printable-key.js';

/** The specification page of a vertical at an address of its own, for whoever integrates without GraphQL. */
@Controller('verticals')
export class VerticalsController {
  constructor(private readonly queries: VerticalQueries) {}

  // Not public: which industries a marketplace serves, and what their buyers ask for, is told to those who take part.
  @Requires('verticals:read')
  @Get(':key')
  @Header('cache-control', 'no-store')
  @Header('x-content-type-options', 'nosniff')
  async specification(
    @Param('key') key: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const [vertical] = isPrintable(key) ? await this.queries.byKeys([key]) : [];
    if (!vertical) throw new NotFoundException();
    const { schemaVersion: version } = vertical;
    const [schema] =
      version === null ? [] : await this.queries.schemas([{ vertical: vertical.key, version }]);
    // Not by a decorator, which would send an error as Markdown.
    void reply.header('content-type', 'text/markdown; charset=utf-8');
    return leadSpecification(vertical, schema ?? null);
  }
}
