import { Injectable } from '@nestjs/common';
import { Database } from './database.js';
import type { Transaction } from './unit-of-work.js';

/** The sandbox clock's offset, shared by every process of an installation. */
@Injectable()
export class SandboxClockStore {
  constructor(private readonly database: Database) {}

  /** Milliseconds by which the sandbox is ahead of real time. */
  async offsetMs(): Promise<number> {
    const [row] = await this.database.query<{ offset_ms: string }>('select offset_ms from sandbox_clock');
    return Number(row?.offset_ms ?? 0);
  }

  /** Moves the clock forward; an offset below the present one changes nothing. Returns the offset in force. */
  async advance(tx: Transaction, offsetMs: number): Promise<number> {
    const [row] = await tx.query<{ offset_ms: string }>(
      'update sandbox_clock set offset_ms = greatest(offset_ms, $1) returning offset_ms',
      [Math.round(offsetMs)],
    );
    return Number(row?.offset_ms ?? 0);
  }
}
