import { idsShownBy, shownActor, shownSource } from './shown-id.js';

const uuid = '01890a5d-ac96-774b-bcce-b302099a8057';
const showId = idsShownBy(
  { charge: 'chg', user: 'user', apiKey: 'key' },
  (prefix, id) => `${prefix}_${id.length}`,
);

it('shows what has a prefix, and leaves the rest', () => {
  expect(showId('charge', uuid)).toBe('chg_36');
  expect(showId('key', uuid)).toBe('key_36');
  expect(showId('moon', uuid)).toBe(uuid);
  expect(showId('constructor', uuid)).toBe(uuid);
  expect(showId('charge', 'no id')).toBe('no id');
});

it('shows sources and actors as the API does', () => {
  expect(shownSource(`charge:${uuid}`, showId)).toBe('charge:chg_36');
  expect(shownSource(`moon:${uuid}`, showId)).toBe(`moon:${uuid}`);
  expect(shownSource('opening', showId)).toBe('opening');
  expect(shownActor(`user:${uuid}`, showId)).toBe('user_36');
  expect(shownActor(`key:${uuid}`, showId)).toBe('key_36');
  expect(shownActor('system:settlement-run', showId)).toBe('system:settlement-run');
});
