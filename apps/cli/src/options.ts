import { parseArgs, type ParseArgsConfig } from 'node:util';
import { CommandError } from './command.js';

/** The options of a command; an unknown one, or a word too many, is an expected failure. */
export function readOptions<T extends NonNullable<ParseArgsConfig['options']>>(
  parameters: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<{ args: string[]; options: T; strict: true }>>['values'] {
  try {
    return parseArgs({ args: [...parameters], options, strict: true }).values;
  } catch (error) {
    const [first = ''] = error instanceof Error ? error.message.split('. ') : [];
    throw new CommandError(`${first}: --help lists the options.`);
  }
}
