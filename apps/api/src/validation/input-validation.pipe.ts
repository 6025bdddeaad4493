import { type ArgumentMetadata, Injectable, ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { refusal, type Refusal } from '#outcome';
import { isValidatedByHand } from './validated-by-hand.js';

/** Input that its class-validator decorators do not let pass; `InputRefusalFilter` answers it. */
export class InputRefused extends Error {
  override name = 'InputRefused';

  constructor(readonly refusals: readonly Refusal[]) {
    super('input refused');
  }
}

/** Checks every input by its decorators; a field without one is refused, so that none is forgotten. */
@Injectable()
export class InputValidationPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      exceptionFactory: (errors) => new InputRefused(errors.flatMap((error) => refusalsOf(error))),
    });
  }

  /** Gives back the value as GraphQL coerced it: the pipe's own copy would only be another object with the same fields. */
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'custom' || isValidatedByHand(metadata.metatype)) return value;
    try {
      await super.transform(value, metadata);
      return value;
    } catch (error) {
      if (!(error instanceof InputRefused) || metadata.data === undefined) throw error;
      // The path begins with the name of the argument, which class-validator does not know.
      const argument = metadata.data;
      throw new InputRefused(
        error.refusals.map((each) => ({ ...each, field: [argument, ...(each.field ?? [])] })),
      );
    }
  }
}

/** One refusal per field: the first rule that it breaks, with its path. Messages of class-validator name no values. */
function refusalsOf(error: ValidationError, parent: readonly string[] = []): Refusal[] {
  const field = [...parent, error.property];
  const inner = (error.children ?? []).flatMap((child) => refusalsOf(child, field));
  const [rule, message] = Object.entries(error.constraints ?? {})[0] ?? [];
  if (message === undefined) return inner;
  const code = rule === 'isNotEmpty' || rule === 'isDefined' ? 'REQUIRED' : 'INVALID_VALUE';
  return [refusal(code, { field, message: sentence(message) }), ...inner];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}
