import { Injectable } from '@nestjs/common';
import type { Transaction } from '#database';
import { ApiKeyRow } from './api-key.row.js';
import type { ApiKey } from './organization.js';

/** Writes API keys, and reads them by key. */
@Injectable()
export class ApiKeyStore {
  async insert(tx: Transaction, key: ApiKey, secretHash: Buffer): Promise<void> {
    await tx.manager.insert(ApiKeyRow, {
      ...key,
      roles: [...key.roles],
      scopes: key.scopes === null ? null : [...key.scopes],
      secretHash,
    });
  }

  /** Locks the key until the transaction ends, so that it is rotated or revoked once. */
  async lock(tx: Transaction, id: string): Promise<ApiKey | undefined> {
    const row = await tx.manager.findOne(ApiKeyRow, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (!row) return undefined;
    const { secretHash: _secret, ...key } = row;
    return key;
  }

  async end(tx: Transaction, id: string, end: { expiresAt: Date } | { revokedAt: Date }): Promise<void> {
    await tx.manager.update(ApiKeyRow, { id }, end);
  }
}
