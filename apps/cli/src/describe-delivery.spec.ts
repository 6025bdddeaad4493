import { describeDelivery, isDelivery, showDelivery } from './describe-delivery.js';

const id = `dlv_${'1'.repeat(26)}`;

it('shows which fields a lead has, and nothing that is in them', () => {
  const body = JSON.stringify({
    type: 'lead.delivery',
    test: true,
    data: {
      contact: { email: 'ada@example.com', phone: null },
      attributes: { 'roof\u001b[31m': 'flat' },
      note: '',
    },
  });
  const line = describeDelivery(id, body);
  expect(line).toBe(
    `delivery ${id} type=••• test=true data.contact.email=••• data.contact.phone=null data.attributes.roof??31m=••• data.note=(empty)`,
  );
});

it('stands whatever comes', () => {
  expect(describeDelivery('\u001b[2J', 'no json')).toBe('delivery (no id)');
  expect(
    describeDelivery(
      id,
      JSON.stringify(Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`f${n}`, n]))),
    ),
  ).toMatch(/…$/);
});

it('shows a body as it is only as JSON', () => {
  const shown = showDelivery(JSON.stringify({ name: 'Ada\u001b[31m\u202e\u009b1m' }));
  expect(shown).toContain('Ada\\u001b[31m');
  expect(['\u001b', '\u202e', '\u009b'].filter((each) => shown.includes(each))).toEqual([]);
});

it('knows a lead by its id', () => {
  expect([isDelivery(id), isDelivery('evt_1')]).toEqual([true, false]);
});
