/** Bytes of a request body. 500 leads are about half of it. */
export const maxBodyBytes = 1_000_000;
