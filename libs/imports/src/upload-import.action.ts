import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { recordAudit } from '#audit';
import type { Clock } from '#calendar';
import type { Config } from '#config';
import { newId, UnitOfWork } from '#database';
import type { Actor } from '#organizations';
import { done, invariant, type Outcome, refuse } from '#outcome';
import { type FileSeal, KeyRing } from '#persons';
import { type CsvHead, readHead } from './csv-head.js';
import { type ContractGiven, FileContract } from './file-contract.action.js';
import { ImportStore } from './import.store.js';
import { ImportFileStore, pieceBytes, pieceName } from './import-file.store.js';
import { ownColumns } from './lead-columns.js';
import { maxFiles, maxFilesOfSize } from './lead-import.js';
import { ChooseMapping } from './choose-mapping.action.js';
import { inPieces } from './pieces.js';

export interface UploadImportInput extends ContractGiven {
  readonly vertical: string;
  readonly fileName: string | null;
  /** The name of a remembered mapping; null: the one for these columns, else a guess. */
  readonly mapping: string | null;
}

/** `replayed`: the same file was sent before, and this is that import. */
export interface ImportUploaded {
  readonly importId: string;
  /** The contract that its rows are for as things stood then. */
  readonly contractId: string | null;
  readonly replayed: boolean;
}

/** A file on its way in. */
interface Upload {
  readonly id: string;
  readonly seal: FileSeal;
  readonly head: CsvHead;
  readonly contractId: string | null;
}

/** Thrown when somebody has given up an upload whose pieces still come. */
class UploadGone extends Error {
  override name = 'UploadGone';
}

/** Takes files as they come: each piece is sealed and stored before the next is looked at. */
@Injectable()
export class UploadImport {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly imports: ImportStore,
    private readonly files: ImportFileStore,
    private readonly mappings: ChooseMapping,
    private readonly contracts: FileContract,
    private readonly keyRing: KeyRing,
    @Inject('Clock') private readonly clock: Clock,
    @Inject('Config') private readonly config: Pick<Config, 'importMaxBytes'>,
  ) {}

  /**
   * Refuses REQUIRED and INVALID_VALUE for what is not said or is no CSV with a header, NOT_FOUND for a mapping and a contract,
   * TOO_MANY for a file that is too large and for too many files, ILLEGAL_TRANSITION for one that is taken under another contract.
   * What `body` throws is thrown again, and nothing is left of the file.
   */
  async execute(
    actor: Actor,
    input: UploadImportInput,
    body: AsyncIterable<Uint8Array>,
  ): Promise<Outcome<ImportUploaded>> {
    const wrong = check(input);
    if (wrong) return wrong;
    const named = await this.mappings.named({ ...input, agencyId: actor.organizationId });
    if (!named.ok) return named;
    const hash = createHash('sha256');
    let upload: Upload | undefined;
    let [bytesTotal, number] = [0, 0];
    let hasRows = false;
    try {
      for await (const { bytes, isLast } of inPieces(body, pieceBytes)) {
        if (!upload) {
          const begun = await this.begin(actor, input, readHead(bytes, isLast));
          if (!begun.ok) return begun;
          upload = begun.value;
        }
        hasRows ||= hasText(bytes, upload.head.body.offset - bytesTotal);
        bytesTotal += bytes.length;
        if (bytesTotal > this.config.importMaxBytes) return await this.giveUp(upload, this.tooLarge());
        hash.update(bytes);
        const sealed = upload.seal.seal(pieceName(number), bytes);
        const added =
          bytes.length === 0 ||
          (await this.imports.addPiece(upload.id, { number, sealed, bytes: bytes.length }));
        if (!added) throw new UploadGone('somebody gave the upload up');
        number += 1;
      }
      invariant(upload, 'a file has at least one piece');
      if (!hasRows)
        return await this.giveUp(upload, refuseFile('The file has names of columns and no rows.'));
      return await this.finish(actor, input, upload, hash.digest('hex'));
    } catch (error) {
      // What fails a second time is left to be tidied up.
      if (upload) await this.imports.giveUpUpload(upload.id).catch(() => undefined);
      throw error;
    }
  }

  private async begin(
    actor: Actor,
    input: UploadImportInput,
    head: Outcome<CsvHead>,
  ): Promise<Outcome<Upload>> {
    if (!head.ok) return head;
    const contract = await this.contracts.ofFile(actor, input, head.value.columns);
    if (!contract.ok) return contract;
    const contractId = contract.value;
    const { organizationId: agencyId } = actor;
    const id = newId();
    const { seal, wrapped } = await this.files.create(agencyId, id);
    const { vertical, fileName } = input;
    const test = actor.mode === 'test';
    const [createdBy, createdAt] = [actor.id, this.clock.now()];
    return await this.unitOfWork.run(async (tx) => {
      const { files, bytes } = await this.imports.lockAndCount(tx, agencyId);
      if (files >= maxFiles || bytes >= maxFilesOfSize * this.config.importMaxBytes)
        return refuse('TOO_MANY', {
          field: ['file'],
          message: 'Too many files wait or are worked on. Cancel one, or wait until one is done.',
        });
      const of = {
        id,
        agencyId,
        test,
        vertical,
        contractId,
        fileName,
        dataKey: wrapped,
        createdBy,
        createdAt,
      };
      await this.imports.insert(tx, of);
      return done({ id, seal, head: head.value, contractId });
    });
  }

  private async finish(
    actor: Actor,
    input: UploadImportInput,
    { id, seal, head, contractId }: Upload,
    fileHash: string,
  ): Promise<Outcome<ImportUploaded>> {
    const { organizationId: agencyId } = actor;
    const { vertical } = input;
    const { columns, delimiter, body } = head;
    const lookUps = await this.keyRing.lookUps();
    const contentHash = Buffer.from(lookUps.ofInput(`import file:${fileHash}`), 'hex');
    const chosen = await this.mappings.forFile({ agencyId, vertical, mapping: input.mapping }, columns);
    if (!chosen.ok) return await this.giveUp({ id }, chosen);
    const isCorrected = columns.includes(ownColumns.row);
    const header = seal.seal('header', JSON.stringify(columns));
    const finished = await this.unitOfWork.run(async (tx) => {
      await this.imports.lockAndCount(tx, agencyId);
      const now = this.clock.now();
      const same = await this.contracts.ofSameFile(tx, actor, { vertical, contractId, contentHash, now });
      if (!same.ok) return same;
      if (same.value)
        return done({ importId: same.value.id, contractId: same.value.contractId, replayed: true });
      const { headerHash, mapping, name, source } = chosen.value;
      const file = { contentHash, header, headerHash, delimiter, isCorrected, body };
      if (!(await this.imports.finishUpload(tx, id, file)))
        throw new UploadGone('somebody gave the upload up');
      await this.imports.setMapping(tx, id, { mapping: this.mappings.sealed(seal, mapping), name, source });
      await recordAudit(tx, actor, {
        action: 'lead-import.upload',
        subject: `lead-import:${id}`,
        after: { vertical, contentHash: contentHash.toString('hex') },
        at: now,
      });
      return done({ importId: id, contractId, replayed: false });
    });
    if (!finished.ok || finished.value.replayed) await this.imports.giveUpUpload(id);
    return finished;
  }

  private async giveUp({ id }: Pick<Upload, 'id'>, refused: Outcome<never>): Promise<Outcome<never>> {
    await this.imports.giveUpUpload(id);
    return refused;
  }

  private tooLarge(): Outcome<never> {
    const megabytes = Math.floor(this.config.importMaxBytes / 1_048_576);
    return refuse('TOO_MANY', {
      field: ['file'],
      message: `The file is larger than ${megabytes} MiB. Send it in parts, each with the first row.`,
    });
  }
}

/** What rows may have without saying anything, which are passed over: ends of lines, blanks, delimiters, quotes. */
const sayNothing = new Set(Buffer.from('\r\n\t ,;"'));

function hasText(bytes: Buffer, from: number): boolean {
  for (let at = Math.max(0, from); at < bytes.length; at += 1)
    if (!sayNothing.has(bytes[at] ?? 0)) return true;
  return false;
}

function check({ vertical, fileName, mapping }: UploadImportInput): Outcome<never> | undefined {
  if (vertical.trim() === '') return refuse('REQUIRED', { field: ['vertical'] });
  if (!isLabel(vertical, 64)) return refuse('INVALID_VALUE', { field: ['vertical'], message: words(64) });
  if (fileName !== null && !isLabel(fileName, 200))
    return refuse('INVALID_VALUE', { field: ['fileName'], message: words(200) });
  if (mapping !== null && !isLabel(mapping, 100))
    return refuse('INVALID_VALUE', { field: ['mapping'], message: words(100) });
  return undefined;
}

/** A short text on one line, which a database can store. */
export function isLabel(text: string, maxLength: number): boolean {
  return text.trim() !== '' && text.length <= maxLength && !/[\p{Cc}\p{Cs}]/u.test(text);
}

function words(maxLength: number): string {
  return `1 to ${maxLength} characters on one line.`;
}

function refuseFile(message: string): Outcome<never> {
  return refuse('INVALID_VALUE', { field: ['file'], message });
}
