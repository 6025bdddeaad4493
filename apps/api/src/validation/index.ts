/** How inputs are checked before a resolver sees them. */
export { InputRefusalFilter } from './input-refusal.filter.js';
export { InputRefused, InputValidationPipe } from './input-validation.pipe.js';
export { ValidatedByHand } from './validated-by-hand.js';
