const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** A day in UTC as people write it: "3 May", with its year when that is not this one. */
export function showDay(instant: Date, now: Date): string {
  const day = `${instant.getUTCDate()} ${months[instant.getUTCMonth()] ?? ''}`;
  return instant.getUTCFullYear() === now.getUTCFullYear() ? day : `${day} ${instant.getUTCFullYear()}`;
}
