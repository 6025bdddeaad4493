/** What the OpenAPI document of /v1 says of files of leads. */
import { importFailures, importStates, mappingSources } from '#imports';

type Json = Readonly<Record<string, unknown>>;

/** How the document writes things down. */
interface Writer {
  readonly schema: (name: string) => Json;
  readonly answer: (description: string, name: string) => Json;
  readonly errorsOf: (
    ...codes: readonly ('400' | '401' | '403' | '404' | '415' | '429' | '500' | '503')[]
  ) => Json;
}

const always = ['401', '403', '429', '500', '503'] as const;
const text = { type: 'string' };
const flag = { type: 'boolean' };
const id = { name: 'id', in: 'path', required: true, schema: text };

const query = (name: string, schema: Json, description: string): Json => ({
  name,
  in: 'query',
  required: name === 'vertical',
  schema,
  description,
});

export function importPaths({ schema, answer, errorsOf }: Writer): Json {
  const tooLarge = {
    description:
      'The file is larger than this installation takes. Send it in parts, each with the first row.',
    content: { 'application/json': { schema: { anyOf: [schema('ImportSent'), schema('Error')] } } },
  };
  return {
    '/v1/imports': {
      post: {
        operationId: 'sendLeadImport',
        summary: 'Sends a file of leads as CSV, which is taken in the background.',
        description:
          'Needs the permission leads:submit. The file is the body itself, whatever its content type says but a form or JSON. The same file again is answered with the import that it is.',
        parameters: [
          query('vertical', text, 'What all of the leads are about.'),
          query('start', flag, 'Begin at once. Else it waits for startLeadImport.'),
          query('dryRun', flag, 'Check every row at once, and submit none.'),
          query('mapping', text, 'The name of a mapping that was saved.'),
          query('contractId', text, 'The contract that all rows are for.'),
          query('fileName', text, 'What you call it.'),
        ],
        requestBody: { required: true, content: { 'text/csv': { schema: text } } },
        responses: {
          '200': answer('The same file was sent before: replayed is true.', 'ImportSent'),
          '201': answer('All of the file is there.', 'ImportSent'),
          '409': answer(
            'The file was started with another contract: import is the one that has it, and nothing has changed.',
            'ImportSent',
          ),
          '413': tooLarge,
          '422': answer('Refused. import is null, or the file that cannot be started yet.', 'ImportSent'),
          ...errorsOf('400', ...always, '415'),
        },
      },
    },
    '/v1/imports/{id}': {
      get: {
        operationId: 'leadImport',
        summary: 'How far a file has come.',
        description: 'Needs the permission leads:submit.',
        parameters: [id],
        responses: { '200': answer('The import.', 'ImportRead'), ...errorsOf(...always, '404') },
      },
    },
    '/v1/imports/{id}/failed.csv': {
      get: {
        operationId: 'leadImportFailedRows',
        summary: 'The rows that were refused, with their reasons, to be corrected and sent again.',
        description: 'Needs the permissions leads:submit and leads:contact.',
        parameters: [id],
        responses: {
          '200': {
            description:
              'The columns of the file, and two more: leadger_row and leadger_reasons; a third one, leadger_contract and its id, where all rows are for one contract.',
            content: { 'text/csv': { schema: text } },
          },
          ...errorsOf(...always, '404'),
        },
      },
    },
  };
}

type RecordOf = (properties: Readonly<Record<string, Json>>) => Json;

export function importSchemas(record: RecordOf, schema: Writer['schema']): Json {
  const orNull = (type: string): Json => ({ type: [type, 'null'] });
  const instant = (types: string | readonly string[]): Json => ({ type: types, format: 'date-time' });
  const count = { type: 'integer', minimum: 0 };
  const counts = ['taken', 'duplicates', 'suppressed', 'quarantined', 'alreadyTaken', 'refused'];
  return {
    ImportSent: record({
      import: { anyOf: [schema('LeadImport'), { type: 'null' }] },
      replayed: { type: 'boolean' },
      userErrors: { type: 'array', items: schema('UserError') },
    }),
    ImportRead: record({ import: schema('LeadImport') }),
    LeadImport: record({
      id: { type: 'string', description: 'imp_…' },
      vertical: text,
      contractId: orNull('string'),
      fileName: orNull('string'),
      status: { type: 'string', enum: importStates },
      dryRun: flag,
      test: flag,
      mapping: {
        type: 'array',
        description: 'What each column is, in the order of the file.',
        items: record({ name: text, field: orNull('string') }),
      },
      mappingName: orNull('string'),
      mappingSource: { type: ['string', 'null'], enum: [...mappingSources, null] },
      bytesTotal: count,
      bytesDone: count,
      rowsDone: count,
      rowsTotal: orNull('integer'),
      counts: record(Object.fromEntries(counts.map((name) => [name, count]))),
      rowsPerSecond: orNull('integer'),
      remainingSeconds: orNull('integer'),
      failure: {
        anyOf: [
          record({
            reason: { type: 'string', enum: importFailures },
            line: { type: 'integer' },
            message: { type: 'string', description: 'Which rows were taken, and what is to be sent now.' },
          }),
          { type: 'null' },
        ],
      },
      createdAt: instant('string'),
      startedAt: instant(['string', 'null']),
      endedAt: instant(['string', 'null']),
    }),
  };
}
