/**
 * Finds the rows of a CSV file in its bytes, whatever pieces they come in. By RFC 4180, strictly: what is not clear is refused and
 * never guessed, since a guess would make other people's data of somebody's. Memory is bounded by one row.
 */
import { isUtf8 } from 'node:buffer';

/** The longest row, in bytes, with everything between its quotes. */
export const maxRowBytes = 262_144;

/** Why a row cannot be read. */
export type RowFault = 'BAD_QUOTES' | 'TOO_LONG' | 'NOT_UTF8';

/** A place in a file at which a row begins. */
export interface FilePosition {
  /** In bytes. */
  readonly offset: number;
  /** Rows before it, the header and empty ones included: the first row after the header is number 2, as in a spreadsheet. */
  readonly row: number;
  /** Lines before it. A row has several where a line ends inside of quotes. */
  readonly line: number;
}

/** One row, and where the next one begins. */
export interface RawRow {
  /** Without its line end; empty when it is too long. */
  readonly bytes: Buffer;
  readonly fault: RowFault | null;
  /** Its number in the file, from 1. */
  readonly row: number;
  /** The number of its first line, from 1. */
  readonly line: number;
  readonly next: FilePosition;
}

export type Delimiter = ',' | ';' | '\t';

/** What the byte before was part of. */
type Place = 'CELL_START' | 'PLAIN' | 'QUOTED' | 'QUOTE_END' | 'QUOTE_END_CR' | 'BAD';

const quote = 0x22;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Reads rows from a position on. */
export class RowScanner {
  /** The line whose quotes are never closed properly, so that nobody can tell where rows begin after it. */
  stoppedAtLine: number | null = null;
  private readonly delimiter: number;
  private place: Place = 'CELL_START';
  private isTooLong = false;
  /** Line ends inside of quotes in the present row. */
  private innerLines = 0;
  /** What came of the present row before this piece. */
  private kept: Buffer[] = [];
  private keptBytes = 0;
  private position: FilePosition;

  constructor(delimiter: Delimiter, from: FilePosition) {
    this.delimiter = delimiter.charCodeAt(0);
    this.position = from;
  }

  /** The rows that end in the next piece of the file. None come any more once it has stopped. */
  *push(piece: Buffer): Generator<RawRow, void, undefined> {
    let begin = 0;
    for (let at = 0; at < piece.length && this.stoppedAtLine === null; at += 1) {
      const byte = piece[at] ?? 0;
      if (this.isEndOfRow(byte)) {
        yield this.rowOf(piece.subarray(begin, at), 1);
        begin = at + 1;
      } else if (this.isHopeless()) this.stoppedAtLine = this.position.line + 1;
    }
    if (this.stoppedAtLine === null) this.keep(piece.subarray(begin));
  }

  /** The last row, when no line end follows it. */
  *end(): Generator<RawRow, void, undefined> {
    if (this.stoppedAtLine !== null || this.keptBytes === 0) return;
    const isOpen = this.place === 'QUOTED' || this.place === 'QUOTE_END_CR';
    if (isOpen) this.place = 'BAD';
    if (this.isHopeless()) this.stoppedAtLine = this.position.line + 1;
    else yield this.rowOf(Buffer.alloc(0), 0);
  }

  /** Takes a byte; whether the row ends with it. */
  private isEndOfRow(byte: number): boolean {
    switch (this.place) {
      case 'QUOTED':
        if (byte === quote) this.place = 'QUOTE_END';
        else if (byte === lineFeed) this.innerLines += 1;
        return false;
      case 'QUOTE_END':
        // Two quotes are one that belongs to the cell.
        if (byte === quote) this.place = 'QUOTED';
        else if (byte === this.delimiter) this.place = 'CELL_START';
        else if (byte === carriageReturn) this.place = 'QUOTE_END_CR';
        else if (byte !== lineFeed) this.place = 'BAD';
        return byte === lineFeed;
      case 'QUOTE_END_CR':
        if (byte !== lineFeed) this.place = 'BAD';
        return byte === lineFeed;
      case 'CELL_START':
      case 'PLAIN':
        if (byte === lineFeed) return true;
        if (byte === this.delimiter) this.place = 'CELL_START';
        else if (byte !== quote) this.place = 'PLAIN';
        else this.place = this.place === 'CELL_START' ? 'QUOTED' : 'BAD';
        return false;
      case 'BAD':
        return byte === lineFeed;
    }
  }

  /** A row that is wrong on its only line ends with it. After one of several lines nobody knows what is inside and what outside. */
  private isHopeless(): boolean {
    return this.place === 'BAD' && this.innerLines > 0;
  }

  private keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.keptBytes += bytes.length;
    this.isTooLong ||= this.keptBytes > maxRowBytes;
    if (this.isTooLong) this.kept = [];
    // A copy: the piece that it came in is not held.
    else this.kept.push(Buffer.from(bytes));
  }

  private rowOf(last: Buffer, lineEndBytes: 0 | 1): RawRow {
    const size = this.keptBytes + last.length;
    const whole = this.kept.length === 0 ? last : Buffer.concat([...this.kept, last]);
    const isTooLong = this.isTooLong || size > maxRowBytes;
    const bytes = isTooLong ? Buffer.alloc(0) : withoutCarriageReturn(whole, lineEndBytes);
    const { offset, row, line } = this.position;
    const next = { offset: offset + size + lineEndBytes, row: row + 1, line: line + this.innerLines + 1 };
    const fault = isTooLong
      ? 'TOO_LONG'
      : this.place === 'BAD'
        ? 'BAD_QUOTES'
        : isUtf8(bytes)
          ? null
          : 'NOT_UTF8';
    this.position = next;
    this.place = 'CELL_START';
    this.isTooLong = false;
    this.innerLines = 0;
    this.kept = [];
    this.keptBytes = 0;
    return { bytes, fault, row: row + 1, line: line + 1, next };
  }
}

function withoutCarriageReturn(bytes: Buffer, lineEndBytes: 0 | 1): Buffer {
  const isThere = lineEndBytes === 1 && bytes.at(-1) === carriageReturn;
  return isThere ? bytes.subarray(0, -1) : bytes;
}
