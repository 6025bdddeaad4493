import { newId } from '#database';
import { systemActor } from '#organizations';
import { invariant } from '#outcome';
import { DefineVertical, PublishLeadSchema, sampleVerticals, VerticalQueries } from '#verticals';
import { Injectable } from '@nestjs/common';

/** Sets up the sample verticals, whose lead schemas show what one can say. What is there already is kept. */
@Injectable()
export class VerticalSteps {
  constructor(
    private readonly queries: VerticalQueries,
    private readonly define: DefineVertical,
    private readonly publish: PublishLeadSchema,
  ) {}

  async verticals(): Promise<void> {
    const actor = systemActor('seed');
    for (const { schema, ...vertical } of sampleVerticals) {
      const [known] = await this.queries.byKeys([vertical.key]);
      if (!known) {
        const defined = await this.define.execute(actor, { ...vertical, idempotencyKey: newId() });
        invariant(defined.ok, 'a sample vertical is refused');
      }
      if (!known?.schemaVersion) {
        const published = await this.publish.execute(actor, {
          vertical: vertical.key,
          schema,
          idempotencyKey: newId(),
        });
        invariant(published.ok, 'a sample schema is refused');
      }
    }
  }
}
