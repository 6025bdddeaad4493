import { Database, UnitOfWork } from '#database';
import { Injectable } from '@nestjs/common';
import { done, type Outcome } from '#outcome';
import { advanceCheckpoint, booksWithAccounts } from './checkpoint.store.js';

/** Moves every book's checkpoint forward, so that balances stay quick however many postings there are. */
@Injectable()
export class AdvanceCheckpoints {
  constructor(
    private readonly database: Database,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** One transaction a book, so that none is held up by another; `moved` counts those that went on. */
  async execute(now: Date): Promise<Outcome<{ readonly books: number; readonly moved: number }>> {
    const books = await booksWithAccounts(this.database);
    let moved = 0;
    for (const bookId of books) {
      const outcome = await this.unitOfWork.run(async (tx) => done(await advanceCheckpoint(tx, bookId, now)));
      if (!outcome.ok) return outcome;
      if (outcome.value) moved += 1;
    }
    return done({ books: books.length, moved });
  }
}
