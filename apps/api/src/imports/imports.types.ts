import { Field, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import {
  type FailedRow,
  failureWords,
  type ImportFailure,
  importFailures,
  type ImportState,
  importStates,
  type LeadColumn,
  type LeadImport,
  type MappingSource,
  mappingSources,
  remainingSeconds,
  type ReportedRow,
  type RowResult,
  rowResults,
  type RowRefusal,
} from '#imports';
import type { RefusalCode } from '#outcome';
import { Connection, DateTimeScalar, encodeId, UserErrorCode } from '../graphql/index.js';
import { Node } from '../node/node.type.js';

function enumOf<Value extends string>(values: readonly Value[]): Readonly<Record<Value, Value>> {
  return Object.fromEntries(values.map((value) => [value, value])) as Record<Value, Value>;
}

export const LeadImportStatusEnum = enumOf<ImportState>(importStates);
registerEnumType(LeadImportStatusEnum, {
  name: 'LeadImportStatus',
  description: 'How far a file of leads has come.',
  valuesMap: {
    UPLOADING: { description: 'The file is being sent.' },
    READY: { description: 'It is all there, and waits to be started.' },
    RUNNING: { description: 'Its rows are being taken, or wait for their turn.' },
    CHECKED: { description: 'A dry run is over: nothing was taken, and it may be started.' },
    COMPLETED: { description: 'Every row has its answer.' },
    CANCELLING: { description: 'Rows that are on their way are still taken.' },
    CANCELLED: { description: 'Somebody ended it; what was taken stays taken.' },
    FAILED: { description: 'It cannot be read on from a line on.' },
    EXPIRED: { description: 'Nobody started it in time, and the file is gone.' },
  },
});

export const LeadImportRowResultEnum = enumOf<RowResult>(rowResults);
registerEnumType(LeadImportRowResultEnum, {
  name: 'LeadImportRowResult',
  description: 'What became of a row; in a dry run, what would become of it.',
  valuesMap: {
    TAKEN: { description: 'It is a lead now: kept by intake, whether it was sold or not.' },
    DUPLICATE: { description: 'Kept as a DUPLICATE.' },
    SUPPRESSED: { description: 'Kept as SUPPRESSED.' },
    QUARANTINED: { description: 'Kept as QUARANTINED, until a person has looked at it.' },
    ALREADY_TAKEN: { description: 'The same was submitted before; nothing happened now.' },
    REFUSED: { description: 'Not kept; failedRows says why.' },
  },
});

export const LeadImportFailureEnum = enumOf<ImportFailure>(importFailures);
registerEnumType(LeadImportFailureEnum, {
  name: 'LeadImportFailureReason',
  description: 'Why a file cannot be read to its end.',
  valuesMap: {
    QUOTES_NOT_CLOSED: {
      description:
        'Quotes that open in that line are not closed properly, so nobody can tell where rows begin after it.',
    },
    INTERNAL: {
      description: 'Our fault: it was tried again and again. Send the same file again, or tell us.',
    },
  },
});

export const MappingSourceEnum = enumOf<MappingSource>(mappingSources);
registerEnumType(MappingSourceEnum, {
  name: 'LeadImportMappingSource',
  description: 'Where it is from what columns are.',
  valuesMap: {
    GUESSED: { description: 'By their names. Look at it before anything is started.' },
    REMEMBERED: {
      description: 'As it was saved for a file with the same columns, or by the name that was given.',
    },
    CHOSEN: { description: 'Said for this file.' },
  },
});

@ObjectType('LeadImportColumn', { description: 'A column of a file, and what it is of a lead.' })
export class LeadImportColumnType {
  @Field(() => String)
  name: string;

  @Field(() => String, {
    nullable: true,
    description: 'Such as contact.email or attributes.roof; null: it is passed over.',
  })
  field: string | null;
}

@ObjectType('LeadImportCounts', { description: 'Rows by what became of them; empty rows do not count.' })
export class LeadImportCountsType {
  @Field(() => Int)
  taken: number;

  @Field(() => Int)
  duplicates: number;

  @Field(() => Int)
  suppressed: number;

  @Field(() => Int)
  quarantined: number;

  @Field(() => Int)
  alreadyTaken: number;

  @Field(() => Int)
  refused: number;
}

@ObjectType('LeadImportFailure')
export class LeadImportFailureType {
  @Field(() => LeadImportFailureEnum)
  reason: ImportFailure;

  @Field(() => Int, { description: 'Of the file, from 1.' })
  line: number;

  @Field(() => String, { description: 'Which rows were taken, and what is to be sent now.' })
  message: string;
}

@ObjectType('LeadImport', {
  implements: () => [Node],
  description: 'A file of leads that is taken in the background. It is sent to POST /v1/imports.',
})
export class LeadImportType extends Node {
  readonly __typename = 'LeadImport' as const;

  @Field(() => String)
  vertical: string;

  @Field(() => ID, {
    nullable: true,
    description: 'The contract that all rows are for, where one was named.',
  })
  contractId: string | null;

  @Field(() => String, { nullable: true })
  fileName: string | null;

  @Field(() => LeadImportStatusEnum)
  status: ImportState;

  @Field(() => Boolean, { description: 'Rows are or were checked only, and none was submitted.' })
  dryRun: boolean;

  @Field(() => Boolean, { description: 'Every row is a test lead: it was sent with a test key.' })
  test: boolean;

  @Field(() => [LeadImportColumnType], {
    description: 'What each column is, in the order of the file; empty once the file is forgotten.',
  })
  mapping: readonly LeadColumn[];

  @Field(() => String, { nullable: true, description: 'Under which the mapping is remembered.' })
  mappingName: string | null;

  @Field(() => MappingSourceEnum, { nullable: true, description: 'Null while the file is being sent.' })
  mappingSource: MappingSource | null;

  @Field(() => Int)
  bytesTotal: number;

  @Field(() => Int, { description: 'How much of the file is worked off.' })
  bytesDone: number;

  @Field(() => Int, { description: 'Rows that have their answer.' })
  rowsDone: number;

  @Field(() => Int, { nullable: true, description: 'Known when the end is reached.' })
  rowsTotal: number | null;

  @Field(() => LeadImportCountsType)
  counts: LeadImportCountsType;

  @Field(() => Int, { nullable: true, description: 'The pace while it runs, and of its end after it.' })
  rowsPerSecond: number | null;

  @Field(() => Int, { nullable: true, description: 'Until the end at this pace; null when it does not run.' })
  remainingSeconds: number | null;

  @Field(() => LeadImportFailureType, { nullable: true })
  failure: LeadImportFailureType | null;

  @Field(() => DateTimeScalar)
  createdAt: Date;

  @Field(() => DateTimeScalar, { nullable: true })
  startedAt: Date | null;

  @Field(() => DateTimeScalar, { nullable: true })
  endedAt: Date | null;

  /** What the fields below are read by. */
  readonly of: LeadImport;
}

export const LeadImportConnection = Connection(() => LeadImportType, 'LeadImport');

@ObjectType('LeadImportRefusal', { description: 'A reason for which a row was refused. No value is in it.' })
export class LeadImportRefusalType {
  @Field(() => UserErrorCode)
  code: RefusalCode;

  @Field(() => String, { description: 'Such as contact.phone or attributes.roof; row: the row as such.' })
  field: string;

  @Field(() => String)
  message: string;
}

@ObjectType('LeadImportRow')
export class LeadImportRowType {
  @Field(() => Int, { description: 'As in a spreadsheet: the names of columns are row 1.' })
  row: number;

  @Field(() => LeadImportRowResultEnum)
  result: RowResult;

  @Field(() => ID, { nullable: true, description: 'The lead; null for a refused row, and in a dry run.' })
  leadId: string | null;

  @Field(() => [LeadImportRefusalType])
  refusals: readonly RowRefusal[];
}

export const LeadImportRowConnection = Connection(() => LeadImportRowType, 'LeadImportRow');

@ObjectType('LeadImportFailedRow', {
  description: 'A row that was refused. What stands in it is in GET /v1/imports/{id}/failed.csv.',
})
export class LeadImportFailedRowType {
  @Field(() => Int, { description: 'As in a spreadsheet: the names of columns are row 1.' })
  row: number;

  @Field(() => [LeadImportRefusalType])
  refusals: readonly RowRefusal[];
}

export const LeadImportFailedRowConnection = Connection(() => LeadImportFailedRowType, 'LeadImportFailedRow');

export function importTypeOf(of: LeadImport): LeadImportType {
  const { counts, state, rowsDone, failure, failureLine, rowsPerSecond } = of;
  const isOver = state === 'COMPLETED' || state === 'CHECKED';
  return {
    __typename: 'LeadImport',
    of,
    id: encodeId('imp', of.id),
    vertical: of.vertical,
    contractId: of.contractId && encodeId('ctr', of.contractId),
    fileName: of.fileName,
    status: state,
    dryRun: of.dryRun,
    test: of.test,
    mapping: of.columns ?? [],
    mappingName: of.mappingName,
    mappingSource: of.mappingSource,
    bytesTotal: of.bytesTotal,
    bytesDone: of.checkpoint.offset,
    rowsDone,
    rowsTotal: isOver ? rowsDone : null,
    counts: {
      taken: counts.TAKEN,
      duplicates: counts.DUPLICATE,
      suppressed: counts.SUPPRESSED,
      quarantined: counts.QUARANTINED,
      alreadyTaken: counts.ALREADY_TAKEN,
      refused: counts.REFUSED,
    },
    rowsPerSecond: rowsPerSecond === null ? null : Math.round(rowsPerSecond),
    remainingSeconds: remainingSeconds(of),
    failure: failure && { reason: failure, line: failureLine ?? 0, message: failureWords(of) ?? '' },
    createdAt: of.createdAt,
    startedAt: of.startedAt,
    endedAt: of.endedAt,
  };
}

export function rowTypeOf({ leadId, ...row }: ReportedRow): LeadImportRowType {
  return { ...row, leadId: leadId && encodeId('lead', leadId) };
}

export function failedRowTypeOf(row: FailedRow): LeadImportFailedRowType {
  return row;
}
