import { done, type Outcome, refused, type Refusal, refusal } from '#outcome';

const longestEmail = 254;
const emailPattern = /^[^\s@\p{Cc}\p{Cs}]+@[^\s@.\p{Cc}\p{Cs}]+(\.[^\s@.\p{Cc}\p{Cs}]+)+$/u;
const countryPattern = /^[A-Z]{2}$/;

/** E-mail address and country of a new account. Refuses REQUIRED and INVALID_VALUE by the names of the fields. */
export function readOnboarding(input: {
  readonly email: string;
  readonly country: string;
}): Outcome<{ readonly email: string; readonly country: string }> {
  const email = input.email.trim();
  const country = input.country.trim();
  const refusals: Refusal[] = [];
  if (email === '') refusals.push(refusal('REQUIRED', { field: ['input', 'email'] }));
  else if (email.length > longestEmail || !emailPattern.test(email)) {
    const message = 'This is not an e-mail address.';
    refusals.push(refusal('INVALID_VALUE', { field: ['input', 'email'], message }));
  }
  if (!isCountry(country)) {
    const message = 'The country is its code of two capital letters, such as US or DE.';
    const code = country === '' ? 'REQUIRED' : 'INVALID_VALUE';
    refusals.push(refusal(code, { field: ['input', 'country'], message }));
  }
  return refusals.length > 0 ? refused(...refusals) : done({ email, country });
}

const names = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });
/** Codes that are no country: unknown, unions, and those that anybody may give a meaning of their own. */
const noCountries = /^(ZZ|EU|EZ|UN|Q[M-Z]|X[A-JL-Z])$/;

function isCountry(code: string): boolean {
  return countryPattern.test(code) && !noCountries.test(code) && names.of(code) !== undefined;
}
