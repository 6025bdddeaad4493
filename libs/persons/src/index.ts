export * from './person.js';
export { canonicalEmailAddress, readEmailAddress } from './email-address.js';
export { canonicalPhone, type PhoneRead, readPhone } from './phone.js';
/** Keys: what seals a person, and what a person is found again by. */
export { CannotOpen, randomSlice } from './seal.js';
export { LookUps, type PersonHashes } from './look-ups.js';
export { KeyRing, type TenantKeys } from './key-ring.store.js';
export {
  type LeadPlace,
  openConsent,
  openNote,
  openPerson,
  sealConsent,
  type SealedPerson,
  sealNote,
  sealPerson,
} from './sealed-person.js';
/** Files, piece by piece. */
export { FileSeal } from './sealed-file.js';
/** Who had whom: one person, one lead, within a window. */
export {
  type DedupeRule,
  type EarlierFound,
  type EarlierLead,
  PersonHistory,
  type PersonKey,
  personKeyText,
  windowSince,
} from './person-history.js';
export {
  type ClaimedKey,
  holdKeysSql,
  type KeyedLead,
  type KnownPerson,
  PersonHashStore,
} from './person-hash.store.js';
/** Lists of who must not be contacted. */
export {
  maxNoteLength,
  maxSuppressions,
  type RawSuppressed,
  type Suppression,
  type SuppressionKind,
  suppressionKinds,
} from './suppression.js';
export {
  type AddSuppressionsInput,
  ChangeSuppressions,
  noEntry,
  type RemoveSuppressionsInput,
  type SuppressionsAdded,
  type SuppressionsRemoved,
} from './change-suppressions.action.js';
export { type SuppressionPage, SuppressionQueries } from './suppression.queries.js';
export { PersonsModule } from './persons.module.js';
