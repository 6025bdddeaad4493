import type { ValueTransformer } from 'typeorm';

/** int8 columns of minor units: `pg` hands int8 over as text; in the program it is always a bigint. */
export const minorColumn: ValueTransformer = {
  from: (value: string | null): bigint | null => (value === null ? null : BigInt(value)),
  to: (value: bigint | null | undefined): string | null | undefined =>
    typeof value === 'bigint' ? value.toString() : value,
};
