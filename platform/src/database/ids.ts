import { v7 } from 'uuid';

/** A UUIDv7: unique without a round trip and ordered by time, so that primary keys append. */
export const newId = (): string => v7();
