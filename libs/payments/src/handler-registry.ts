import { invariant } from '#outcome';
import type {
  FinanceRequestHandler,
  FinanceRequestKind,
  ObjectHandler,
  ObjectHandlerOf,
  OperationHandler,
  PaymentHandlers,
  Unfinished,
} from './handlers.js';
import type { FetchableKind, OperationKind } from './provider.js';

/**
 * Who is told how operations end and what objects say. Filled once, by the process that puts the libraries together:
 * they need this library, so it cannot know them.
 */
export class HandlerRegistry {
  private readonly operations = new Map<OperationKind, OperationHandler>();
  private readonly objects = new Map<FetchableKind, ObjectHandler[]>();
  private readonly requests = new Map<FinanceRequestKind, FinanceRequestHandler>();
  private readonly waiting: Unfinished[] = [];

  /** Throws when a kind of operation or of finance request has a handler already. */
  add(handlers: Omit<PaymentHandlers, 'dueWork'>): void {
    for (const handler of handlers.operations) {
      for (const kind of handler.kinds) {
        invariant(!this.operations.has(kind), `${kind} has two handlers`);
        this.operations.set(kind, handler);
      }
    }
    for (const handler of handlers.objects) {
      this.objects.set(handler.kind, [...(this.objects.get(handler.kind) ?? []), handler]);
    }
    for (const handler of handlers.financeRequests) {
      invariant(!this.requests.has(handler.kind), `${handler.kind} has two handlers`);
      this.requests.set(handler.kind, handler);
    }
    this.waiting.push(...handlers.unfinished);
  }

  operation(kind: OperationKind): OperationHandler {
    const handler = this.operations.get(kind);
    invariant(handler, `nobody handles operations of kind ${kind}`);
    return handler;
  }

  /** Empty: nobody looks at objects of this kind. */
  objectsOf<Kind extends FetchableKind>(kind: Kind): readonly ObjectHandlerOf<Kind>[] {
    // Kept by their kind, which the compiler cannot follow through a map.
    return (this.objects.get(kind) ?? []) as unknown as readonly ObjectHandlerOf<Kind>[];
  }

  financeRequest(kind: FinanceRequestKind): FinanceRequestHandler {
    const handler = this.requests.get(kind);
    invariant(handler, `nobody handles finance requests of kind ${kind}`);
    return handler;
  }

  unfinished(): readonly Unfinished[] {
    return this.waiting;
  }
}
