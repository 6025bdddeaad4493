import { Args, ID, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import {
  CancelImport,
  type ImportActed,
  ImportQueries,
  reportDays,
  type RowPage,
  SaveMapping,
  StartImport,
} from '#imports';
import type { Actor } from '#organizations';
import { type Outcome, refuse } from '#outcome';
import { CurrentActor, Loaders, RequestLoaders, Requires } from '../access/index.js';
import {
  type ConnectionOf,
  decodeId,
  type Page,
  PageArgs,
  readPage,
  toConnection,
  toUserErrors,
} from '../graphql/index.js';
import {
  CancelLeadImportInput,
  CancelLeadImportPayload,
  type ImportPayload,
  SaveImportMappingInput,
  SaveImportMappingPayload,
  StartLeadImportInput,
  StartLeadImportPayload,
} from './imports.inputs.js';
import { ImportLoaders } from './imports.loaders.js';
import {
  failedRowTypeOf,
  importTypeOf,
  LeadImportConnection,
  LeadImportFailedRowConnection,
  type LeadImportFailedRowType,
  LeadImportRowConnection,
  type LeadImportRowType,
  LeadImportType,
  rowTypeOf,
} from './imports.types.js';

const cursor = { list: 'leadImports', key: ['uuid'] } as const;
const rowCursor = { list: 'leadImportRows', key: ['integer'] } as const;
const failedCursor = { list: 'leadImportFailedRows', key: ['integer'] } as const;

/** Files of leads: what becomes of them, and what people say about them. */
@Resolver(() => LeadImportType)
export class ImportsResolver {
  constructor(
    private readonly queries: ImportQueries,
    private readonly load: ImportLoaders,
    private readonly save: SaveMapping,
    private readonly start: StartImport,
    private readonly cancel: CancelImport,
  ) {}

  @Requires('leads:submit')
  @Query(() => LeadImportConnection, { description: 'The files of your organization, the newest first.' })
  async leadImports(
    @CurrentActor() actor: Actor,
    @Args() args: PageArgs,
  ): Promise<ConnectionOf<LeadImportType>> {
    const page = readPage(args, cursor);
    return toConnection(await this.queries.page(actor, page), page, {
      keyOf: ({ id }) => [id],
      toNode: importTypeOf,
      countUpTo: async (max) => await this.queries.count(actor, max),
    });
  }

  @Requires('leads:submit')
  @Query(() => LeadImportType, { nullable: true })
  async leadImport(
    @Loaders() loaders: RequestLoaders,
    @Args('id', { type: () => ID }) id: string,
  ): Promise<LeadImportType | null> {
    const uuid = decodeId('imp', id);
    return uuid === undefined ? null : await this.load.leadImport(loaders, uuid);
  }

  @Requires('leads:submit')
  @Mutation(() => SaveImportMappingPayload, {
    description:
      'Says what the columns of a file are, before it is started; remembered for the next file with the same columns.',
  })
  async saveImportMapping(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: SaveImportMappingInput,
  ): Promise<SaveImportMappingPayload> {
    return await this.act(loaders, input, (importId) => this.save.execute(actor, { ...input, importId }));
  }

  @Requires('leads:submit')
  @Mutation(() => StartLeadImportPayload, {
    description:
      'Lets a file that is READY or CHECKED be taken, from its first row; or only checked, with dryRun.',
  })
  async startLeadImport(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: StartLeadImportInput,
  ): Promise<StartLeadImportPayload> {
    return await this.act(loaders, input, (importId) => this.start.execute(actor, { ...input, importId }));
  }

  @Requires('leads:submit')
  @Mutation(() => CancelLeadImportPayload, {
    description: 'Ends an import for good. What was taken stays taken; the file is deleted.',
  })
  async cancelLeadImport(
    @CurrentActor() actor: Actor,
    @Loaders() loaders: RequestLoaders,
    @Args('input') input: CancelLeadImportInput,
  ): Promise<CancelLeadImportPayload> {
    return await this.act(loaders, input, (importId) => this.cancel.execute(actor, { ...input, importId }));
  }

  @ResolveField(() => LeadImportRowConnection, {
    description: `What became of each row, in the order of the file; kept for ${reportDays} days after its end.`,
  })
  async rows(
    @Parent() { of }: LeadImportType,
    @Args() args: PageArgs,
  ): Promise<ConnectionOf<LeadImportRowType>> {
    const page = readPage(args, rowCursor);
    return toConnection(await this.queries.rows(of.id, rowPageOf(page)), page, {
      keyOf: ({ row }) => [String(row)],
      toNode: rowTypeOf,
      countUpTo: (max) => Math.min(of.rowsDone, max),
    });
  }

  @ResolveField(() => LeadImportFailedRowConnection, {
    description: `Rows that were refused, with the reasons; kept for ${reportDays} days after its end.`,
  })
  async failedRows(
    @Parent() { of }: LeadImportType,
    @Args() args: PageArgs,
  ): Promise<ConnectionOf<LeadImportFailedRowType>> {
    const page = readPage(args, failedCursor);
    return toConnection(await this.queries.failedRows(of.id, rowPageOf(page)), page, {
      keyOf: ({ row }) => [String(row)],
      toNode: failedRowTypeOf,
      countUpTo: async (max) => await this.queries.countFailedRows(of.id, max),
    });
  }

  private async act(
    loaders: RequestLoaders,
    input: { readonly importId: string },
    execute: (importId: string) => Promise<Outcome<ImportActed>>,
  ): Promise<ImportPayload> {
    const importId = decodeId('imp', input.importId);
    const outcome =
      importId === undefined
        ? refuse<ImportActed>('NOT_FOUND', { field: ['input', 'importId'] })
        : await execute(importId);
    if (!outcome.ok) return { leadImport: null, replayed: false, userErrors: toUserErrors(outcome.refusals) };
    const { replayed } = outcome.value;
    const leadImport = await this.load.leadImport(loaders, outcome.value.importId);
    return { leadImport, replayed, userErrors: [] };
  }
}

function rowPageOf({ limit, backwards, after, before }: Page): RowPage {
  const [from, until] = [after?.[0], before?.[0]].map((key) => (key === undefined ? key : rowNumber(key)));
  return { limit, backwards, after: from, before: until };
}

/** No file has more rows than an integer of the database counts; a cursor may say anything. */
function rowNumber(key: string): number {
  return Math.min(Math.max(Number(key), -1), 2_147_483_647);
}
