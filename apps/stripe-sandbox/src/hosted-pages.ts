import { type ServerResponse } from 'node:http';
import { completeAccount } from './account-state.js';
import { behaviours } from './behaviours.js';
import { finish } from './control.js';
import { confirmPayment } from './confirm-payment.js';
import { Failure } from './failure.js';
import { decodeForm } from './form.js';
import { html, htmlHeaders, pageOf, type Html } from './html.js';
import { type Incoming } from './incoming.js';
import { payInvoice } from './pay-invoice.js';
import { methodOf } from './payment-methods.js';
import { confirmSetup } from './setup-intents.js';
import { platformId } from './tables.js';
import { idOf, type World } from './world.js';

export interface HostedDesk {
  readonly world: World;
  readonly step: <T>(name: string, params: unknown, work: () => T) => T;
}

interface Page {
  readonly title: string;
  readonly body: Html;
  /** What a button does; the answer is where to go on, or what to say. */
  readonly act?: (form: Readonly<Record<string, unknown>>) => string;
}

/** The pages that Stripe hosts: authentication, onboarding, an invoice, a card form. */
export function serveHosted(desk: HostedDesk, incoming: Incoming, response: ServerResponse): void {
  const [, kind = '', id = ''] = incoming.path.split('/');
  const page = pages[kind]?.(desk.world, id);
  if (!page) {
    response.writeHead(404, htmlHeaders);
    response.end(pageOf('Not here', html`<p>There is no such page.</p>`));
    return;
  }
  if (incoming.method !== 'POST' || !page.act) {
    response.writeHead(200, htmlHeaders);
    response.end(pageOf(page.title, page.body));
    return;
  }
  const { act } = page;
  const target = attempt(() => desk.step(kind, { id }, () => act(decodeForm(incoming.body))));
  if (/^https?:\/\//.test(target)) {
    response.writeHead(303, { location: target });
    response.end();
    return;
  }
  response.writeHead(200, htmlHeaders);
  response.end(pageOf(page.title, html`<p>${target}</p>`));
}

function attempt(work: () => string): string {
  try {
    return work();
  } catch (error) {
    if (error instanceof Failure) return error.body.message;
    throw error;
  }
}

function button(value: string, label: string): Html {
  return html`<button name="do" value="${value}">${label}</button>`;
}

function methodForm(label: string): Html {
  const options = Object.entries(behaviours).map(
    ([key, { number }]) => html`<option value="${key}">${key.slice(3)} (${number})</option>`,
  );
  return html`<form method="post">
    <p>
      <select name="method">
        ${options}
      </select>
    </p>
    ${button('pay', label)}
  </form>`;
}

const pages: Readonly<Record<string, (world: World, id: string) => Page | undefined>> = {
  authenticate: authenticationPage,
  onboarding: onboardingPage,
  invoices: invoicePage,
  setup: setupPage,
  pay: paymentPage,
};

function intentOf(world: World, id: string) {
  return world.store.get('payment_intents', id) ?? world.store.get('setup_intents', id);
}

function authenticationPage(world: World, id: string): Page | undefined {
  const intent = intentOf(world, id);
  if (!intent) return undefined;
  const returnUrl = intent.next_action?.redirect_to_url?.return_url;
  return {
    title: '3-D Secure',
    body: html`<p>The bank asks whether it is you who pays.</p>
      <form method="post">${button('complete', 'Complete')}${button('fail', 'Fail')}</form>`,
    act: (form) => {
      const succeeds = form['do'] === 'complete';
      finish(world, id, succeeds);
      return returnUrl ?? (succeeds ? 'Authenticated.' : 'Not authenticated.');
    },
  };
}

interface StoredLink {
  readonly account: string;
  readonly returnUrl: string;
  readonly refreshUrl: string;
  readonly expiresAt: number;
}

function onboardingPage(world: World, id: string): Page | undefined {
  const stored = world.store.get('meta', id)?.value;
  const link =
    typeof stored === 'string' && id.startsWith('alink_') ? (JSON.parse(stored) as StoredLink) : null;
  if (!link) return undefined;
  const account = world.store.get('accounts', link.account);
  return {
    title: 'Onboarding',
    body: html`<p>Stripe wants to know of ${account?.displayName ?? link.account}:</p>
      <ul>
        ${account?.requirements.map(({ field }) => html`<li>${field}</li>`)}
      </ul>
      <form method="post">
        ${button('complete', 'Answer everything')}${button('leave', 'Return later')}
      </form>`,
    act: (form) => {
      if (link.expiresAt < world.clock.nowMs()) return link.refreshUrl || 'This link has expired.';
      // It works once.
      world.store.change('meta', id, { value: JSON.stringify({ ...link, expiresAt: 0 }) });
      if (form['do'] === 'complete') completeAccount(world, link.account);
      return link.returnUrl || 'Thank you.';
    },
  };
}

function invoicePage(world: World, id: string): Page | undefined {
  const invoice = world.store.get('invoices', id);
  if (!invoice || invoice.status === 'draft') return undefined;
  const details = html`<p>
    Invoice ${invoice.number}: ${invoice.amount_remaining} ${invoice.currency} (minor units),
    ${invoice.status}
  </p>`;
  if (invoice.status !== 'open') return { title: 'Invoice', body: details };
  return {
    title: 'Invoice',
    body: html`${details}${methodForm('Pay')}`,
    act: (form) => {
      const params = { payment_method: String(form['method']), off_session: false };
      // Whoever pays by a debit on the page agrees to it there.
      const call = { world, account: platformId, hasMandateData: true };
      const { status } = payInvoice(call, invoice, params);
      return nextPageOf(world, id) ?? `The invoice is ${status}.`;
    },
  };
}

/** Where the bank asks for authentication, if the payment of an invoice waits for that. */
function nextPageOf(world: World, invoiceId: string): string | undefined {
  const payment = world.store
    .all('invoice_payments')
    .find((row) => row.invoice === invoiceId && row.status === 'open');
  const intent = world.store.get('payment_intents', idOf(payment?.payment.payment_intent) ?? '');
  return intent?.next_action?.redirect_to_url?.url ?? undefined;
}

/** Stands in for the form that Stripe.js shows: what a browser would do with the intent's secret. */
function setupPage(world: World, id: string): Page | undefined {
  const intent = world.store.get('setup_intents', id);
  if (!intent) return undefined;
  return {
    title: 'Save a payment method',
    body: methodForm('Save'),
    act: (form) => {
      const method = methodOf(world, String(form['method']));
      const { status, next_action: next } = confirmSetup(world, intent, method, { returnUrl: null });
      return next?.redirect_to_url?.url ?? `The setup has ${status}.`;
    },
  };
}

function paymentPage(world: World, id: string): Page | undefined {
  const intent = world.store.get('payment_intents', id);
  if (!intent || !['requires_payment_method', 'requires_confirmation'].includes(intent.status))
    return undefined;
  return {
    title: 'Pay',
    body: methodForm('Pay'),
    act: (form) => {
      const method = methodOf(world, String(form['method']));
      const how = { offSession: false, returnUrl: null, hasMandateData: true };
      const { status, next_action: next } = confirmPayment(world, intent, method, how);
      return next?.redirect_to_url?.url ?? `The payment is ${status}.`;
    },
  };
}
